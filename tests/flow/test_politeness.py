"""Three crawlers at once, counted at the server: never two requests to one host or address at once, nor too soon."""

from pathlib import Path

from tests.flow.chain import Chain, Tables, document_for, practice_web

GAP = 0.1
FEATURES = "one_address,crawl_delay,throttling,members,age_gate,basic_auth"


def test_three_crawlers_keep_the_pace_of_each_host_and_each_address(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path, pictures=60, latency_ms=5, features=FEATURES) as web:
        document = document_for(web, tables)
        document["frontier"] = {**document["frontier"], "address_gap_seconds": GAP}
        for site in document["sites"]:
            site["gap_seconds"] = GAP
        chain = Chain(tmp_path / "chain", document)
        try:
            chain.prepare(web.known)
            crawlers = [chain.start("crawl", "--once") for _ in range(3)]
            for crawler in crawlers:
                chain.finish(crawler)
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            touched = web.touched()
            assert set(touched.forbidden.values()) == {0}
            assert touched.noted["logins"] < 6  # a session is everybody's
            for lanes in (touched.hosts, touched.names):
                assert {lane.most_at_once for lane in lanes.values()} == {1}
                assert min(lane.smallest_gap_s or GAP for lane in lanes.values()) >= GAP
        finally:
            chain.stop()
