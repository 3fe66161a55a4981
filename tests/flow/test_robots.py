"""robots.txt as several crawlers keep it: asked for once, by all; slowly where it wants so; wherever it leads."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.contract.reasons import Reason
from crawler.frontier import FrontierTable, open_frontier
from tests.flow.chain import Chain
from tests.flow.scripted_site import Asked, Reply, page, scripted_site

A, B = "127.0.0.30", "127.0.0.31"
ALLOWED = [{"network": "127.0.0.30/31", "country": "NL", "reason": "test sites"}]


class Crawling:
    """One configuration, crawled as often as a test likes: each time by a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chain: Chain | None = None

    def __call__(self, seed: str, *, gap_seconds: float = 0, **profile: Any) -> Counter[Reason | None]:
        """Crawl from there to the end; returns how many targets ended under each reason."""
        if self.chain is None:
            sites = [
                {"name": "a", "type": "forum", "hosts": [A], "gap_seconds": gap_seconds, **profile},
                {"name": "b", "type": "forum", "hosts": [B], "gap_seconds": gap_seconds},
            ]
            limits = {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.2, "max_attempts": 4}
            self.chain = Chain(self.folder, {"sites": sites, "crawl": limits, "scope": {"allow_networks": ALLOWED}})
            self.chain.run("keys", "create")
        self.chain.run("seed", "add", seed)
        self.chain.finish(self.chain.start("crawl", "--once"), timeout=60)
        frontier = open_frontier(FrontierTable(), self.chain.state)
        counts = frontier.stats().counts
        frontier.close()
        ended: Counter[Reason | None] = Counter()
        for count in counts:
            ended[count.reason] += count.count
        return ended


@pytest.fixture
def crawl(tmp_path: Path) -> Crawling:
    return Crawling(tmp_path)


def smallest_gap(asked: Sequence[Asked]) -> float:
    return min(after.began - before.ended for before, after in pairwise(asked))


def test_what_one_crawler_read_holds_for_the_next(crawl: Crawling) -> None:
    robots = Reply(b"User-agent: *\nDisallow: /private\n")
    script = {"/robots.txt": robots, "/": page("/private/1"), "/later": page("/private/2")}
    with scripted_site(A, script) as site:
        crawl(f"{site.url}/")
        ended = crawl(f"{site.url}/later")
        assert site.paths() == ["/robots.txt", "/", "/later"]
    assert ended[Reason.ROBOTS_DISALLOWED] == 2


def test_a_host_is_asked_as_slowly_as_it_wants(crawl: Crawling) -> None:
    robots = Reply(b"User-agent: *\nCrawl-delay: 0.6\n")
    script = {"/robots.txt": robots, "/": page("/a", "/b"), "/a": page(), "/b": page()}
    with scripted_site(A, script) as site:
        crawl(f"{site.url}/", gap_seconds=0.05)
        assert len(site.asked) == 4
        assert smallest_gap(site.asked) >= 0.6


def test_the_profiles_own_user_agent_asks_and_is_looked_for(crawl: Crawling) -> None:
    robots = Reply(b"User-agent: reader\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n")
    with scripted_site(A, {"/robots.txt": robots, "/": page("/private/1")}) as site:
        ended = crawl(f"{site.url}/", user_agent="Reader/2.0 (tests)")
        assert site.paths() == ["/robots.txt", "/"]
        assert {asked.headers["User-Agent"] for asked in site.asked} == {"Reader/2.0 (tests)"}
    assert ended[Reason.ROBOTS_DISALLOWED] == 1


def test_a_host_that_wants_to_be_left_alone_is_and_then_is_asked_for_its_rules_again(crawl: Crawling) -> None:
    def robots(before: int) -> Reply:
        if before == 0:
            return Reply(status=429, headers={"Retry-After": "1"})
        return Reply(b"User-agent: *\nDisallow: /private\n")

    with scripted_site(A, {"/robots.txt": robots, "/": page("/private/1")}) as site:
        ended = crawl(f"{site.url}/")
        assert site.paths() == ["/robots.txt", "/robots.txt", "/"]
        assert smallest_gap(site.asked[:2]) >= 0.9
    assert ended[Reason.ROBOTS_DISALLOWED] == 1


def test_a_redirect_within_the_host_is_followed_at_its_pace(crawl: Crawling) -> None:
    moved = Reply(status=301, headers={"Location": "/rules.txt"})
    rules = Reply(b"User-agent: *\nDisallow: /private\n")
    with scripted_site(A, {"/robots.txt": moved, "/rules.txt": rules, "/": page("/private/1")}) as site:
        ended = crawl(f"{site.url}/", gap_seconds=0.3)
        assert site.paths() == ["/robots.txt", "/rules.txt", "/"]
        assert smallest_gap(site.asked) >= 0.3
    assert ended[Reason.ROBOTS_DISALLOWED] == 1


def test_rules_that_lie_at_another_of_our_hosts_are_asked_for_there_and_followed_here(crawl: Crawling) -> None:
    rules = Reply(b"User-agent: *\nDisallow: /private\n")
    with scripted_site(B, {"/robots.txt": rules}) as other:
        moved = Reply(status=301, headers={"Location": f"{other.url}/robots.txt"})
        script = {"/robots.txt": moved, "/": page("/private/1", "/a"), "/a": page()}
        with scripted_site(A, script) as site:
            ended = crawl(f"{site.url}/")
            assert site.paths() == ["/robots.txt", "/", "/a"]
        assert other.paths() == ["/robots.txt"]
    assert ended[Reason.ROBOTS_DISALLOWED] == 1
    assert ended[Reason.NOT_A_PAGE] == 1


def test_rules_that_lie_outside_of_our_sites_are_not_asked_for_and_nothing_else_is(crawl: Crawling) -> None:
    with scripted_site("127.0.0.32", {"/robots.txt": Reply(b"")}) as outside:
        moved = Reply(status=302, headers={"Location": f"{outside.url}/robots.txt"})
        with scripted_site(A, {"/robots.txt": moved, "/": page()}) as site:
            crawl.chain = Chain(
                crawl.folder,
                {
                    "sites": [{"name": "a", "type": "forum", "hosts": [A], "gap_seconds": 0}],
                    "crawl": {"user_agent": "Zoeklicht/0.1 (tests)", "max_attempts": 1},
                    "scope": {"allow_networks": ALLOWED},
                },
            )
            crawl.chain.run("keys", "create")
            ended = crawl(f"{site.url}/")
            assert site.paths() == ["/robots.txt"]
        assert outside.paths() == []
    assert ended == {Reason.ROBOTS_UNREACHABLE: 1}
