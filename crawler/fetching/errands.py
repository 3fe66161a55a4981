"""Requests made on a lease's behalf: an age gate's page, a login form, the page once more with a new session.

They keep to the site's own hosts, redirects included, and count against the host's pace: the lease holds the host, and
the gap is slept after each. Another host of the same site is not held; it is deferred around each request instead.
Operations name these pages in the profile, so robots.txt is not asked about them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.http.request import NO_CALLBACK

from crawler.contract.reasons import Reason
from crawler.fetching.cookies import SiteJar
from crawler.fetching.referring import of_one_site, told
from crawler.fetching.requests import headers_of
from crawler.fetching.resolver import refusal_of
from crawler.fetching.scheduler import scheduler_of
from crawler.fetching.status import REDIRECTS, throttled
from crawler.fetching.verdicts import Refused, TryLater, Withdrawn, verdict_of
from crawler.fetching.wiring import wiring_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import Lease
    from crawler.contract.sites import SiteProfile

_MAX_HOPS = 5
_MAX_BYTES = 4 * 1024 * 1024
_SERVER_ERROR = 500


def gap_of(crawler: Crawler, lease: Lease) -> float:
    """Seconds to leave between two requests to the lease's host: the profile's, or more where robots.txt asks so."""
    return max(lease.target.gap, scheduler_of(crawler).wanted_gap(lease.target.host))


class Errand:
    """What one lease needs besides its own request. Every method raises verdicts where there is no answer to read."""

    def __init__(
        self,
        crawler: Crawler,
        lease: Lease,
        profile: SiteProfile,
        jar: SiteJar,
        *,
        first: Callable[[], Awaitable[None]] | None = None,
        credentials: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        """`jar`: sent by, and filled from, every request. `first`: awaited before each request.

        `credentials`: the Authorization header of an address, if it has one.
        """
        self._crawler = crawler
        self._lease = lease
        self._profile = profile
        self._jar = jar
        self._first = first
        self._credentials = credentials

    def is_ours(self, url: str) -> bool:
        """Whether an address belongs to the lease's site."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.username is not None:
            return False
        return of_one_site(url, self._lease.target.host, self._profile, wiring_of(self._crawler).directory)

    async def get(self, url: str, *, referrer: str | None = None) -> TextResponse | None:
        """The page there, redirects followed by GET within the site; None where that leads away or on and on."""
        for _ in range(_MAX_HOPS + 1):
            if not self.is_ours(url):
                return None
            response = await self._ask(Request(url, headers=self._headers(url, referrer), callback=NO_CALLBACK))
            if response.status not in REDIRECTS:
                return _readable(response)
            url, referrer = urljoin(url, _location(response)), None
        return None

    async def post(self, form: Request, *, referrer: str) -> TextResponse | None:
        """What a login form is answered with: sent once, whatever the answer; then as `get`. See `login.py`."""
        if form.method != "POST" or not self.is_ours(form.url):
            return None
        form.headers.update(self._headers(form.url, referrer))
        response = await self._ask(form)
        if response.status in REDIRECTS:
            if response.status in {307, 308}:
                return None  # would be the password once more
            return await self.get(urljoin(form.url, _location(response)))
        return _readable(response)

    async def _ask(self, request: Request) -> Response:
        assert self._crawler.engine is not None
        if scheduler_of(self._crawler).gates.stopped(self._profile.name):
            raise Withdrawn
        if self._first is not None:
            await self._first()
        host = urlsplit(request.url).hostname or ""
        request.meta.update({"download_slot": host, "download_maxsize": _MAX_BYTES})
        await self._spare(host)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            verdict = verdict_of(error, refusal_of(host))
            if isinstance(verdict, Refused) and verdict.reason is Reason.PARSER_FAILED:
                raise
            raise verdict from None
        finally:
            await self._spare(host)
            await asyncio.sleep(gap_of(self._crawler, self._lease))
        self._jar.learn(request, response)
        wait = throttled(response)
        if wait is not None:
            raise wait
        if response.status >= _SERVER_ERROR:
            raise TryLater(Reason.SERVER_ERROR)
        return response

    async def _spare(self, host: str) -> None:
        """Keep others, and this crawler's own leases, from a host that is asked without being held."""
        if host == self._lease.target.host:
            return
        until = time.time() + gap_of(self._crawler, self._lease)
        scheduler_of(self._crawler).defer(host, until)
        await wiring_of(self._crawler).frontier.defer_host(host, until)

    def _headers(self, url: str, referrer: str | None) -> dict[str, str | bytes]:
        headers: dict[str, str | bytes] = {"Accept": "text/html,application/xhtml+xml", **headers_of(self._profile)}
        cookies = self._jar.header(url)
        if cookies is not None:
            headers["Cookie"] = cookies
        named = None if referrer is None else told(referrer)
        if named is not None and self._profile.referrer != "none":
            headers["Referer"] = named
        credentials = self._credentials(url)
        if credentials is not None:
            headers["Authorization"] = credentials
        return headers


def _location(response: Response) -> str:
    return (response.headers.get("Location") or b"").decode("latin-1")


def _readable(response: Response) -> TextResponse:
    return response if isinstance(response, TextResponse) else response.replace(cls=HtmlResponse)
