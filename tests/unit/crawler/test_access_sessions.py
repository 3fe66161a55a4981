"""What crawlers share about being let in: cookies by the rules, sessions veiled, failures that make one wait."""

import asyncio
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.fetching.cookies import SiteJar, joined, same_page
from crawler.fetching.sessions import PURPOSE, Session, SessionStore, pause_after
from crawler.redis_settings import RedisTable
from crawler.shared import Veiled, open_shared

T = TypeVar("T")

KEY = bytes(range(32))
PAGE = "https://www.forum.example/a/b"


class Time:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Crawler:
    """One crawler's view of the same store as another's."""

    def __init__(self, folder: Path, worker: str, time: Time) -> None:
        self.executor = ThreadPoolExecutor(1)
        self.shared = open_shared("embedded", RedisTable(), folder)
        entries = Veiled(self.shared, KEY, PURPOSE)
        self.sessions = SessionStore(entries, self.shared, self.executor, worker=worker, unit=30, clock=time)

    def close(self) -> None:
        self.executor.shutdown()
        self.shared.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def crawlers(tmp_path: Path, time: Time) -> Iterator[tuple[SessionStore, SessionStore]]:
    one, another = Crawler(tmp_path, "one", time), Crawler(tmp_path, "another", time)
    yield one.sessions, another.sessions
    one.close()
    another.close()


def run(work: Awaitable[T]) -> T:
    async def to_the_end() -> T:
        return await work

    return asyncio.run(to_the_end())


def jar_after(*cookies: str, fixed: dict[str, str] | None = None, url: str = PAGE) -> SiteJar:
    jar = SiteJar(fixed or {})
    jar.learn(Request(url), Response(url, headers={"Set-Cookie": list(cookies)}))
    return jar


def test_a_session_is_seen_by_every_crawler_and_by_nobody_who_steals_the_store(
    crawlers: tuple[SessionStore, SessionStore], tmp_path: Path
) -> None:
    one, another = crawlers
    kept = jar_after("sid=open-sesame-0123456789; Path=/").kept()
    run(one.save("a", Session(id="1", cookies=kept, login_until=5.0), seconds=60))
    assert run(another.load("a")) == Session(id="1", cookies=kept, login_until=5.0)
    assert run(another.load("b")) is None
    stolen = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert stolen
    assert b"open-sesame" not in stolen
    assert b"forum.example" not in stolen


def test_one_crawler_enters_at_a_time(crawlers: tuple[SessionStore, SessionStore]) -> None:
    one, another = crawlers
    assert run(one.claim("a"))
    assert run(one.claim("a"))
    assert not run(another.claim("a"))
    assert run(another.claim("b"))
    run(another.let_go("a"))
    assert not run(another.claim("a"))
    run(one.let_go("a"))
    assert run(another.claim("a"))


def test_failures_make_everybody_wait_ever_longer_until_one_goes_well(
    crawlers: tuple[SessionStore, SessionStore], time: Time
) -> None:
    one, another = crawlers
    assert run(one.trouble("a", "login")) == 0
    assert [run(one.failed("a", "login")) for _ in range(4)] == [60, 300, 3600, 7200]
    assert run(another.trouble("a", "login")) == 7200
    assert run(another.trouble("a", "gate")) == 0
    time.now += 7100
    assert run(another.trouble("a", "login")) == 100
    run(another.went_well("a", "login"))
    assert run(one.trouble("a", "login")) == 0
    assert run(one.failed("a", "login")) == 60


def test_some_failures_cost_nothing_until_they_are_too_many(crawlers: tuple[SessionStore, SessionStore]) -> None:
    one, _ = crawlers
    assert [run(one.failed("a", "unmarked", free=2)) for _ in range(3)] == [0, 0, 3600]


def test_nobody_waits_for_more_than_a_day() -> None:
    assert pause_after(1000, 30) == 24 * 3600


def test_a_cookie_goes_where_it_was_set_for() -> None:
    jar = jar_after("host=1", "all=2; Domain=forum.example; Path=/", "safe=3; Secure; Path=/", "deep=4; Path=/a")
    near = jar.header("https://www.forum.example/a/c")
    assert near is not None
    assert set(near.split("; ")) == {"host=1", "deep=4", "all=2", "safe=3"}
    assert jar.header("http://img.forum.example/") == "all=2"
    assert jar.header("https://forum.example.evil/") is None


def test_a_site_cannot_set_cookies_for_another() -> None:
    assert jar_after("a=1; Domain=bank.example").kept() == ()


def test_what_was_kept_is_the_same_jar_again_and_what_has_expired_is_gone() -> None:
    kept = jar_after("a=1; Path=/", "b=2; Max-Age=0; Path=/", "c=3; Max-Age=1000; Path=/").kept()
    assert {cookie.name for cookie in kept} == {"a", "c"}
    assert SiteJar({}, kept).kept() == kept
    assert SiteJar({}, kept).header(PAGE) == "a=1; c=3"
    assert "a=1" not in repr(kept)


def test_learning_tells_whether_anything_changed() -> None:
    jar = jar_after("a=1; Path=/")
    same = Response(PAGE, headers={"Set-Cookie": ["a=1; Path=/"]})
    assert not jar.learn(Request(PAGE), same)
    assert not jar.learn(Request(PAGE), Response(PAGE))
    assert jar.learn(Request(PAGE), Response(PAGE, headers={"Set-Cookie": ["a=2; Path=/"]}))


def test_the_sites_own_cookie_counts_before_a_fixed_one() -> None:
    assert SiteJar({"adult": "1", "a": "0"}).header(PAGE) == "adult=1; a=0"
    assert jar_after("a=7; Path=/", fixed={"adult": "1", "a": "0"}).header(PAGE) == "adult=1; a=7"


def test_two_cookie_headers_become_one() -> None:
    assert joined("a=1; b=2", " b=3;c=4 ") == "c=4; a=1; b=2"
    assert joined(None, None) is None
    assert joined("", " ; ") is None


def test_a_page_is_the_same_whatever_else_its_query_says() -> None:
    login = "https://forum.example/ucp.php?mode=login"
    assert same_page("http://forum.example/ucp.php?sid=1&mode=login#top", login)
    assert not same_page("https://forum.example/ucp.php?mode=register", login)
    assert not same_page("https://other.example/ucp.php?mode=login", login)
