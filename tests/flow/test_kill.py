"""kill -9 in the middle, again and again: at the end every planted picture is a hit, once."""

from pathlib import Path

from tests.flow.chain import Chain, Tables, document_for, practice_web, wait_until

SHORT_LEASES = {"lease_seconds": 2}


def test_killing_crawlers_loses_nothing(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path, latency_ms=5) as web:
        document = document_for(web, tables, frontier={**tables.get("frontier", {}), **SHORT_LEASES})
        chain = Chain(tmp_path / "chain", document)
        try:
            chain.prepare(web.known)
            for share in (0.15, 0.4, 0.65):
                crawler = chain.start("crawl")
                enough = share * web.truth.pictures
                wait_until(lambda e=enough: web.touched().pictures.requests > e, seconds=60, what="crawling so much")
                chain.kill(crawler)
            chain.finish(chain.start("crawl", "--once"))
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            touched = web.touched()
            assert touched.pages.distinct == web.truth.pages
            assert touched.pictures.distinct == web.truth.pictures
            assert touched.pictures.duplicates > 0, "nothing was under way when the crawlers were killed"
            assert set(touched.forbidden.values()) == {0}
        finally:
            chain.stop()


def test_killing_matchers_loses_nothing_and_repeats_nothing(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path) as web:
        chain = Chain(tmp_path / "chain", document_for(web, tables, matching={"batch": 8}))
        try:
            chain.prepare(web.known)
            chain.finish(chain.start("crawl", "--once"))
            for _ in range(3):
                before = len(chain.hits())
                matcher = chain.start("match")
                wait_until(lambda b=before: len(chain.hits()) > b, seconds=60, what="the next hit")
                chain.kill(matcher)
                if len(chain.hits()) == len(web.truth.planted):
                    break
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            assert {hit["sightings"] for hit in chain.hits()} == {1}
        finally:
            chain.stop()
