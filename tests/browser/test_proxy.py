"""The browser's only way out, asked by hand: what a browser gone astray could try."""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.browsing.proxy import ScopedProxy
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.sites import SiteDirectory
from tests.browser.showing import PRIVATE, SECOND, SITE, STRANGE, directory, scope
from tests.flow.scripted_site import Reply, ScriptedSite, scripted_site

Answer = tuple[bytes, Counter[Reason]]


def ask(request: bytes, *, sites: SiteDirectory | None = None, most_bytes: int = 1_000_000) -> Answer:
    """What the proxy answers in all, and what it refused."""

    async def once() -> Answer:
        over = asyncio.Event()
        proxy = ScopedProxy("site", SITE, sites or directory(), scope(), most_bytes=most_bytes, done=over.set)
        async with proxy:
            host, port = proxy.address.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            writer.write_eof()
            async with asyncio.timeout(15):
                answer = await reader.read()
            writer.close()
        return answer, proxy.refused

    return asyncio.run(once())


def tunnel(host: str, site: ScriptedSite) -> bytes:
    """A tunnel to a host, and a request inside of it."""
    return f"CONNECT {host}:{site.server.server_port} HTTP/1.1\r\n\r\nGET /in HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def plain(host: str, site: ScriptedSite, method: str = "GET") -> bytes:
    return f"{method} http://{host}:{site.server.server_port}/in HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.mark.parametrize("host", [SITE, SECOND])
def test_hosts_of_the_page_s_site_are_reached(host: str) -> None:
    once = Reply(b"here", headers={"Connection": "close"})
    with scripted_site(host, {"/in": once}) as site:
        for request in (tunnel(host, site), plain(host, site)):
            answer, refused = ask(request)
            assert answer.endswith(b"here")
            assert not refused
        assert [asked.headers["Host"] for asked in site.asked] == ["x", "x"]


@pytest.mark.parametrize(
    ("written", "host", "reason"),
    [
        (STRANGE, STRANGE, Reason.OUTSIDE_SITES),
        ("127.0.4", STRANGE, Reason.OUTSIDE_SITES),
        ("2130706436", STRANGE, Reason.OUTSIDE_SITES),
        ("[::ffff:127.0.0.4]", STRANGE, Reason.OUTSIDE_SITES),
        (PRIVATE, PRIVATE, Reason.ADDRESS_NOT_PUBLIC),
        ("localhost", "127.0.0.1", Reason.ADDRESS_NOT_PUBLIC),
    ],
)
def test_other_hosts_and_addresses_out_of_scope_are_refused(written: str, host: str, reason: Reason) -> None:
    with scripted_site(host, {"/in": Reply(b"here")}) as site:
        for request in (tunnel(written, site), plain(written, site)):
            answer, refused = ask(request)
            assert answer.startswith(b"HTTP/1.1 403")
            assert refused == {reason: 1}
        assert site.paths() == []


def test_a_reported_page_on_a_host_of_no_site_reaches_its_own_host_only() -> None:
    reported = SiteDirectory([SiteProfile(name="site", type="other", hosts=("*",))])
    with scripted_site(SITE, {"/in": Reply(b"here", headers={"Connection": "close"})}) as own:
        assert ask(tunnel(SITE, own), sites=reported)[0].endswith(b"here")
    with scripted_site(STRANGE, {"/in": Reply(b"here")}) as strange:
        assert ask(tunnel(STRANGE, strange), sites=reported)[1] == {Reason.OUTSIDE_SITES: 1}
        assert strange.paths() == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_other_methods_are_refused_where_they_can_be_seen(method: str) -> None:
    with scripted_site(SITE, {}) as site:
        answer, refused = ask(plain(SITE, site, method))
        assert site.paths() == []
    assert answer.startswith(b"HTTP/1.1 405")
    assert refused == {Reason.ACTING_LINK: 1}


def test_a_second_request_on_a_plain_connection_is_not_passed_on() -> None:
    with scripted_site(SITE, {"/in": Reply(b"here")}) as site:
        answer, _ = ask(plain(SITE, site) + plain(STRANGE, site) + b"GET /behind HTTP/1.1\r\n\r\n")
        assert site.paths() == ["/in"]
    assert answer.count(b"HTTP/1.1") == 1


def test_no_more_comes_through_than_allowed() -> None:
    with scripted_site(SITE, {"/in": Reply(b"x" * 500_000)}) as site:
        answer, refused = ask(plain(SITE, site), most_bytes=100_000)
    assert len(answer) <= 100_000
    assert refused == {Reason.RESPONSE_TOO_LARGE: 1}


@pytest.mark.parametrize(
    "request_line",
    [
        b"",
        b"GET",
        b"GET / HTTP/1.1",
        b"GET ftp://127.0.0.2/ HTTP/1.1",
        b"CONNECT :80 HTTP/1.1",
        b"CONNECT x:y HTTP/1.1",
    ],
)
def test_what_is_no_request_to_a_proxy_gets_nothing(request_line: bytes) -> None:
    answer, _ = ask(request_line + b"\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 403")


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60))
def test_garbage_ends_the_connection(garbage: bytes) -> None:
    answer, _ = ask(garbage)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 403")
