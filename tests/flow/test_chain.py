"""From seeds to hits, scored against the truth of the practice web."""

import json
from pathlib import Path

import pytest

from crawler.contract.reasons import Reason
from tests.flow.chain import Chain, Tables, document_for, practice_web


def test_every_planted_picture_becomes_one_hit_and_nothing_else_does(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path) as web:
        chain = Chain(tmp_path / "chain", document_for(web, tables))
        try:
            chain.prepare(web.known)
            told = chain.run("doctor")
            assert "FAILURE" not in told
            assert ("Redis 7" in told and "Kafka with 1" in told and "Elasticsearch 8" in told) == bool(tables)
            chain.finish(chain.start("crawl", "--once"))
            chain.finish(chain.start("match", "--once"))
            result = chain.score(web.truth)
            assert result.perfect, (result, chain.logs())
            assert result.found > 20

            touched = web.touched()
            assert set(touched.forbidden.values()) == {0}
            assert touched.pages.distinct == web.truth.pages
            assert touched.pictures.distinct == web.truth.pictures
            assert touched.pages.duplicates == touched.pictures.duplicates == 0
        finally:
            chain.stop()


def test_crawlers_and_matchers_share_the_work(tables: Tables, tmp_path: Path) -> None:
    with practice_web(tmp_path, latency_ms=2) as web:
        chain = Chain(tmp_path / "chain", document_for(web, tables))
        try:
            chain.prepare(web.known)
            crawlers = [chain.start("crawl", "--once") for _ in range(2)]
            matchers = [chain.start("match") for _ in range(2)]
            for crawler in crawlers:
                chain.finish(crawler)
            for matcher in matchers:
                matcher.terminate()
                assert matcher.wait(30) == 0, chain.logs()
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            touched = web.touched()
            assert touched.pages.duplicates == touched.pictures.duplicates == 0
            assert {host.most_at_once for host in touched.hosts.values()} == {1}
        finally:
            chain.stop()


def test_every_kind_of_site_lock_and_trap_is_dealt_with(tmp_path: Path) -> None:
    with practice_web(tmp_path, pictures=60, latency_ms=1, features="all") as web:
        chain = Chain(tmp_path / "chain", document_for(web, {}))
        try:
            chain.prepare(web.known)
            chain.finish(chain.start("crawl", "--once"))
            chain.finish(chain.start("match", "--once"))
            result = chain.score(web.truth)
            assert result.perfect, (result, chain.logs())
            touched = web.touched()
            assert set(touched.forbidden.values()) == {0}
            too_many = {trap: n for trap, n in touched.traps.items() if n > web.truth.trapped_at_most[trap]}
            assert too_many == {}
            assert {host.most_at_once for host in touched.hosts.values()} == {1}
            too_soon = {
                host: gap
                for host, gap in web.truth.least_gaps_s.items()
                if (touched.hosts[host].smallest_gap_s or gap) < gap
            }
            assert too_soon == {}
            for found, there in (
                (touched.archives, web.truth.archives),
                (touched.videos, web.truth.videos),
                (touched.style_sheets, web.truth.style_sheets),
            ):
                assert found.distinct == there
            covered = [json.loads(line) for line in chain.run("coverage", "--json").splitlines()]
            assert {row["lost"] for row in covered} == {0}
            assert "traceback" not in chain.logs().lower()
        finally:
            chain.stop()


def test_the_list_shows_what_was_found_and_no_address_unless_opened(tmp_path: Path) -> None:
    with practice_web(tmp_path) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {}))
        chain.prepare(web.known)
        chain.finish(chain.start("crawl", "--once"))
        chain.finish(chain.start("match", "--once"))
        hit = chain.hits()[0]
        assert hit.keys() >= {
            *("id", "host", "ip", "country", "algorithm", "distance", "list", "list_id"),
            *("first_seen", "last_seen", "sightings"),
        }
        assert not hit.keys() & {"url", "page_url", "chain"}
        assert hit["country"] == "NL"
        opened = chain.hits(opened=True)[0]
        assert opened["url"].startswith("http://127.0.0.")
        assert opened["chain"][-1] == opened["page_url"]
        audit = [line for line in (chain.state / "audit.jsonl").read_text().splitlines() if "known_" not in line]
        assert len(audit) == len(web.truth.planted)
        assert opened["url"] not in chain.logs()


@pytest.mark.parametrize("reason", [Reason.TRUNCATED, Reason.EMPTY, Reason.TOO_MANY_PIXELS, Reason.NOT_A_PICTURE])
def test_the_practice_web_has_broken_pictures_of_every_kind(tmp_path: Path, reason: Reason) -> None:
    with practice_web(tmp_path) as web:
        assert reason in {broken.reason for broken in web.truth.broken}
