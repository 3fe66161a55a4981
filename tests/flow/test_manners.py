"""How a crawler behaves: robots.txt, pace, throttling, scope, sizes, what it tells a site about itself."""

import gzip
import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.frontier import FrontierTable, open_frontier
from tests.flow.chain import Chain, wait_until
from tests.flow.scripted_site import Reply, ScriptedSite, page, scripted_site
from tests.photographs import encoded

ROOT = Path(__file__).parents[2]
A, B = "127.0.0.31", "127.0.0.32"
ALLOWED = [{"network": "127.0.0.30/31", "country": "NL", "reason": "test site"}]  # .30 and .31: not B

BOMB = Reply(
    gzip.compress(b"<html>" + b" " * 20_000_000), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
)

Crawl = Callable[..., Counter[Reason | None]]


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    def crawled(site: ScriptedSite, *, crawl: dict[str, Any] | None = None, **profile: Any) -> Counter[Reason | None]:
        """Crawl it to the end; returns how many targets and links ended under each reason."""
        profiles = [
            {"name": "a", "type": "image_host", "hosts": [A], "seeds": [f"{site.url}/"], "gap_seconds": 0, **profile},
            {"name": "b", "type": "image_host", "hosts": [B, "localhost"], "gap_seconds": 0},
        ]
        limits = {"user_agent": "Zoeklicht/0.1 (tests)", "retry_seconds": 0.1, "max_attempts": 3, **(crawl or {})}
        chain = Chain(tmp_path, {"sites": profiles, "crawl": limits, "scope": {"allow_networks": ALLOWED}})
        chain.run("keys", "create")
        chain.finish(chain.start("crawl", "--once"), timeout=60)
        for secret in (site.url, A):
            assert secret not in chain.logs()
        frontier = open_frontier(FrontierTable(), chain.state)
        counts = frontier.stats().counts
        frontier.close()
        return Counter(
            {reason: sum(c.count for c in counts if c.reason == reason) for reason in {c.reason for c in counts}}
        )

    return crawled


def test_robots_txt_is_asked_once_and_heeded(crawl: Crawl) -> None:
    robots = Reply(b"User-agent: zoeklicht\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n")
    script = {"/robots.txt": robots, "/": page("/a", "/private/b"), "/a": page("/private/c")}
    with scripted_site(A, script) as site:
        counts = crawl(site)
        assert counts[Reason.ROBOTS_DISALLOWED] == 2
        assert Counter(site.paths()) == {"/robots.txt": 1, "/": 1, "/a": 1}


def test_robots_txt_that_cannot_be_had_means_no(crawl: Crawl) -> None:
    with scripted_site(A, {"/robots.txt": Reply(status=500), "/": page()}) as site:
        # The wait for another try is minutes long, so the first try is made the last one here.
        counts = crawl(site, crawl={"max_attempts": 1})
        assert counts[Reason.ROBOTS_UNREACHABLE] == 1
        assert set(site.paths()) == {"/robots.txt"}


def test_a_site_without_robots_txt_may_be_crawled(crawl: Crawl) -> None:
    with scripted_site(A, {"/": page()}) as site:
        assert crawl(site) == {None: 1}
        assert site.paths() == ["/robots.txt", "/"]


def test_an_override_with_its_reason_leaves_robots_txt_alone(crawl: Crawl) -> None:
    script = {"/robots.txt": Reply(b"User-agent: *\nDisallow: /\n"), "/": page()}
    with scripted_site(A, script) as site:
        crawl(site, robots_override={"reason": "mandate of the tests, today"})
        assert site.paths() == ["/"]


def test_the_gap_lies_between_every_two_requests_robots_txt_included(crawl: Crawl) -> None:
    script = {"/": page(*(f"/{number}" for number in range(5))), **{f"/{number}": page() for number in range(5)}}
    with scripted_site(A, script) as site:
        crawl(site, gap_seconds=0.15)
        assert len(site.asked) == 7
        gaps = [later.began - earlier.ended for earlier, later in zip(site.asked, site.asked[1:], strict=False)]
        assert min(gaps) > 0.14


def test_a_throttling_host_is_left_alone_for_as_long_as_it_asks(crawl: Crawl) -> None:
    def throttled(before: int) -> Reply:
        return Reply(status=429, headers={"Retry-After": "1"}) if before == 0 else page()

    with scripted_site(A, {"/": page("/a", "/b"), "/a": throttled, "/b": page()}) as site:
        counts = crawl(site)
        assert counts == {None: 3}
        refused = next(asked for asked in site.asked if asked.path == "/a")
        after = [asked.began for asked in site.asked if asked.began > refused.ended]
        assert min(after) - refused.ended > 0.95


def test_what_fails_is_tried_again_a_bounded_number_of_times(crawl: Crawl) -> None:
    def recovers(before: int) -> Reply:
        return Reply(status=500) if before < 2 else page()

    with scripted_site(A, {"/": page("/bad", "/well"), "/bad": Reply(status=500), "/well": recovers}) as site:
        counts = crawl(site)
        assert counts == {None: 2, Reason.SERVER_ERROR: 1}
        assert Counter(site.paths())["/bad"] == 3


@pytest.mark.parametrize(
    ("reply", "limits", "reason"),
    [
        (
            Reply(b"x" * 300_000, headers={"Content-Type": "image/jpeg"}),
            {"max_response_bytes": 100_000},
            "response_too_large",
        ),
        (BOMB, {"max_response_bytes": 100_000}, "response_too_large"),
        (Reply(b"%PDF-1.4", headers={"Content-Type": "application/pdf"}), {}, "not_a_page"),
        (Reply(status=404), {}, "not_found"),
        (Reply(status=403), {}, "forbidden"),
        (Reply(b"<html>", seconds=3, headers={"Content-Type": "text/html"}), {"timeout_seconds": 0.5}, "timeout"),
    ],
)
def test_what_cannot_be_had_is_counted_under_its_reason(
    crawl: Crawl, reply: Reply, limits: dict[str, Any], reason: str
) -> None:
    with scripted_site(A, {"/": page("/x"), "/x": reply}) as site:
        assert crawl(site, crawl=limits)[Reason(reason)] == 1


def test_a_transfer_that_breaks_off_is_tried_again(crawl: Crawl) -> None:
    def breaks_off(before: int) -> Reply:
        whole = page("/b")
        return Reply(whole.body[:20], headers=whole.headers, announced=len(whole.body)) if before == 0 else whole

    with scripted_site(A, {"/": page("/a"), "/a": breaks_off, "/b": page()}) as site:
        assert crawl(site) == {None: 3}


def test_redirects_are_followed_hop_by_hop_within_scope_and_bounds(crawl: Crawl) -> None:
    def to(location: str) -> Reply:
        return Reply(status=302, headers={"Location": location})

    script = {
        "/": page("/once", "/loop", "/abroad", "/unknown", "/logged-out"),
        "/once": to("/there"),
        "/there": page(),
        "/loop": to("/loop"),
        "/abroad": to(f"http://{B}:1/"),
        "/unknown": to("http://169.254.169.254/latest/meta-data/"),
        "/logged-out": to("/logout"),
    }
    with scripted_site(A, script) as site:
        counts = crawl(site, crawl={"max_redirect_hops": 3})
        assert counts[Reason.TOO_MANY_REDIRECTS] == 1
        assert counts[Reason.ADDRESS_NOT_PUBLIC] == 1
        assert counts[Reason.OUTSIDE_SITES] == 1
        assert counts[Reason.ACTING_LINK] == 1
        paths = Counter(site.paths())
        assert paths["/there"] == 1
        assert paths["/loop"] == 4
        assert "/logout" not in paths


def test_a_configured_host_outside_the_allowed_networks_is_not_connected_to(crawl: Crawl) -> None:
    script = {"/": page()}
    with scripted_site(B, script) as other, scripted_site("127.0.0.1", script) as local:
        links = (f"{other.url}/", f"{local.url.replace('127.0.0.1', 'localhost')}/")
        with scripted_site(A, {"/": page(*links)}) as site:
            counts = crawl(site)
            assert counts[Reason.ADDRESS_NOT_PUBLIC] == 2
        assert other.asked == []
        assert local.asked == []


def test_a_site_is_told_who_asks_and_where_its_own_link_was_and_nothing_else(crawl: Crawl) -> None:
    with scripted_site(A, {"/": page("/a"), "/a": page()}) as site:
        crawl(site)
        for asked in site.asked:
            assert asked.headers["User-Agent"] == "Zoeklicht/0.1 (tests)"
            assert not asked.headers.keys() & {"Cookie", "Authorization", "From", "X-Forwarded-For", "Via"}
        referrers = {asked.path: asked.headers.get("Referer") for asked in site.asked}
        assert referrers == {"/robots.txt": None, "/": None, "/a": f"{site.url}/"}


def test_the_environments_proxy_is_not_used(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_site(B, {}) as proxy, scripted_site(A, {"/": page()}) as site:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert crawl(site) == {None: 1}
        assert proxy.asked == []


def test_a_page_called_a_picture_and_a_picture_called_a_page_are_what_they_are(crawl: Crawl) -> None:
    gif = encoded(Image.new("L", (8, 8)), "gif")
    script = {
        "/": page("/view.jpg", "/plain"),
        "/view.jpg": page("/deeper"),
        "/deeper": page(),
        "/plain": Reply(gif, headers={"Content-Type": "text/html"}),
    }
    with scripted_site(A, script) as site:
        crawl(site)
        assert "/deeper" in site.paths()


def test_a_host_name_that_does_not_exist_fails_after_its_tries(crawl: Crawl) -> None:
    with scripted_site(A, {"/": page("http://no-such-host.invalid/")}) as site:
        counts = crawl(site, hosts=[A, "no-such-host.invalid"], robots_override={"reason": "not what is tested here"})
        assert counts[Reason.DNS_FAILED] == 1


def test_links_are_followed_at_once_not_at_the_engines_heartbeat(crawl: Crawl) -> None:
    names = "abcdefghijklmnop"  # pages that differ in a number only are a trap
    script = {"/": page("/a"), **{f"/{here}": page(f"/{there}") for here, there in itertools.pairwise(names)}}
    with scripted_site(A, script) as site:
        crawl(site)
        pages = [asked.began for asked in site.asked if asked.path != "/robots.txt"]
        assert len(pages) == 17
        assert pages[-1] - pages[0] < 5, "Scrapy's heartbeat is 5 s: somebody forgot to wake the engine"


def test_scrapys_own_command_keeps_to_the_same_limits_and_logs_no_address(tmp_path: Path) -> None:
    large = Reply(b"x" * 300_000, headers={"Content-Type": "image/jpeg"})
    with scripted_site(A, {"/": page("/large.jpg", "/a"), "/large.jpg": large, "/a": page()}) as site:
        profile = {"name": "a", "type": "image_host", "hosts": [A], "gap_seconds": 0}
        limits = {"user_agent": "Zoeklicht/0.1 (tests)", "max_response_bytes": 100_000}
        document = {"sites": [profile], "crawl": limits, "scope": {"allow_networks": ALLOWED}}
        chain = Chain(tmp_path, document)
        chain.run("keys", "create")
        chain.run("seed", "add", f"{site.url}/")
        options = ["-s", f"ZOEKLICHT_CONFIG={chain.config}", "-s", "ZOEKLICHT_ONCE=1"]
        told = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "sites", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert set(site.paths()) == {"/robots.txt", "/", "/large.jpg", "/a"}
        assert {asked.headers["User-Agent"] for asked in site.asked} == {"Zoeklicht/0.1 (tests)"}
        assert A not in told.stdout + told.stderr
        frontier = open_frontier(FrontierTable(), chain.state)
        assert Reason.RESPONSE_TOO_LARGE in {count.reason for count in frontier.stats().counts}
        frontier.close()


def test_a_crawler_listens_on_nothing(tmp_path: Path) -> None:
    slow = {"/robots.txt": Reply(status=404), "/": Reply(b"<html>", seconds=5, headers={"Content-Type": "text/html"})}
    with scripted_site(A, slow) as site:
        profile = {"name": "a", "type": "image_host", "hosts": [A], "seeds": [f"{site.url}/"]}
        chain = Chain(tmp_path, {"sites": [profile], "scope": {"allow_networks": ALLOWED}})
        chain.run("keys", "create")
        crawler = chain.start("crawl")
        try:
            wait_until(lambda: "/robots.txt" in site.paths(), seconds=30, what="the first request")
            sockets = {path.readlink().name for path in Path(f"/proc/{crawler.pid}/fd").iterdir() if path.is_symlink()}
            inodes = {name.removeprefix("socket:[").removesuffix("]") for name in sockets if name.startswith("socket:")}
            assert inodes, "a crawler at work has connections"
            assert not inodes & listening_inodes()
        finally:
            chain.stop()


def listening_inodes() -> set[str]:
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A"}
