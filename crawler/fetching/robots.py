"""robots.txt by RFC 9309: heeded unless the site's profile overrides it with a reason.

No answer, or a 5xx, is a no; a 4xx is a yes. The fetch counts against the host's pace: the lease that asks for it
holds the host, and waits for the gap once more before its own request.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http.request import NO_CALLBACK

from crawler.contract.reasons import Reason
from crawler.fetching.resolver import refusal_of
from crawler.fetching.verdicts import Refused, TryLater
from crawler.fetching.wiring import Wiring, wiring_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import Lease

_MAX_HOPS = 5  # RFC 9309, 2.3.1.2
_MAX_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB
_UNREACHABLE_LIFETIME = 300.0
_OK, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500


class _Rules:
    def __init__(self, parser: Protego | None, expires_at: float) -> None:
        self.parser = parser
        self.expires_at = expires_at


class RobotsMiddleware:
    """Downloader middleware, first of all."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known: dict[str, asyncio.Future[_Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise when the request's site disallows it, or when that cannot be found out now."""
        lease: Lease | None = request.meta.get("lease")
        if lease is None:
            return
        wiring = wiring_of(self._crawler)
        if wiring.directory.profiles[lease.target.site].robots_override is not None:
            return
        rules = await self._rules(request.url, lease, wiring)
        if rules.parser is None:
            raise TryLater(Reason.ROBOTS_UNREACHABLE, wait=_UNREACHABLE_LIFETIME)
        if not rules.parser.can_fetch(request.url, wiring.crawl.user_agent):
            raise Refused(Reason.ROBOTS_DISALLOWED)

    async def _rules(self, url: str, lease: Lease, wiring: Wiring) -> _Rules:
        parts = urlsplit(url)
        authority = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(authority)
        if known is not None and (not known.done() or known.result().expires_at > time.time()):
            return await asyncio.shield(known)
        future: asyncio.Future[_Rules] = asyncio.get_running_loop().create_future()
        self._known[authority] = future
        try:
            parser = await self._fetch(f"{authority}/robots.txt", lease)
        except BaseException:
            del self._known[authority]
            future.cancel()
            raise
        lifetime = wiring.crawl.robots_lifetime_seconds if parser is not None else _UNREACHABLE_LIFETIME
        future.set_result(_Rules(parser, time.time() + lifetime))
        await asyncio.sleep(lease.target.gap)
        return future.result()

    async def _fetch(self, url: str, lease: Lease) -> Protego | None:
        """The rules, or None when they cannot be had. Raises `Refused` when the host is out of scope."""
        assert self._crawler.engine is not None
        for _ in range(_MAX_HOPS + 1):
            meta = {"download_slot": lease.target.host, "download_maxsize": _MAX_BYTES}
            try:
                response = await self._crawler.engine.download_async(Request(url, meta=meta, callback=NO_CALLBACK))
            except Exception as error:  # noqa: BLE001  # whatever it was, robots.txt was not to be had
                refusal = refusal_of(lease.target.host)
                if refusal is not None and isinstance(error, CannotResolveHostError):
                    raise Refused(refusal) from None  # the page would be out of scope, too
                return None
            if response.status < _REDIRECT:
                return Protego.parse(response.body.decode("utf-8", errors="replace"))
            if response.status >= _SERVER_ERROR:
                return None
            if response.status >= _CLIENT_ERROR:
                return Protego.parse("")
            location = (response.headers.get("Location") or b"").decode("latin-1")
            following = urljoin(url, location)
            if urlsplit(following).netloc != urlsplit(url).netloc:
                return None  # another host's rules are not this one's, and asking it would break its pace
            url = following
        return Protego.parse("")  # RFC 9309: too many hops may count as unavailable
