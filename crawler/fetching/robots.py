"""robots.txt by RFC 9309: heeded unless the site's profile overrides it with a reason.

No answer, or a 5xx, is a no; a 4xx is a yes. It is fetched once for all crawlers, which share what it says for as long
as it holds. The fetch counts against the host's pace: the lease that asks for it holds the host, and waits for the gap
once more before its own request.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

import msgspec
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http.request import NO_CALLBACK

from crawler.contract.frontier import Target
from crawler.contract.reasons import Reason
from crawler.fetching.requests import headers_of
from crawler.fetching.resolver import refusal_of
from crawler.fetching.robots_rules import MOST_BYTES, KnownRules, RobotsTxt, Rules, packed, text_of, unpacked
from crawler.fetching.scheduler import scheduler_of
from crawler.fetching.sharing import sharing_of
from crawler.fetching.status import throttled
from crawler.fetching.verdicts import Refused, TryLater
from crawler.fetching.wiring import Wiring, wiring_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.contract.frontier import Lease
    from crawler.contract.sites import SiteProfile
    from crawler.shared import SharedCache

_MAX_HOPS = 5  # RFC 9309, 2.3.1.2
_MOST_RECEIVED = 16 * MOST_BYTES
"""More is not even received; such a robots.txt counts as unreachable."""
_UNREACHABLE_LIFETIME = 300.0
_LONGEST_LIFETIME = 24 * 3600.0  # RFC 9309, 2.4
_REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 300, 400, 500
_PATH = "/robots.txt"


class RobotsMiddleware:
    """Downloader middleware, first of all."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known = KnownRules()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._slowed: dict[str, dict[str, float]] = {}

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
        profile = wiring.directory.profiles[lease.target.site]
        if profile.robots_override is not None:
            return
        user_agent = _user_agent(profile, wiring)
        authority = _authority(request.url)
        asking = _Asking(self._crawler, lease, profile, user_agent)
        rules = await self._rules(authority, asking)
        self._slow_down(lease.target.host, authority, rules.gap(user_agent))
        if urlsplit(request.url).path == _PATH:
            raise Refused(Reason.NOT_A_PAGE)  # it has just been read: see `_Asking.elsewhere`
        if rules.robots.state == "unreachable":
            raise TryLater(Reason.ROBOTS_UNREACHABLE, wait=max(1.0, rules.robots.expires_at - time.time()))
        if not rules.allows(request.url, user_agent):
            raise Refused(Reason.ROBOTS_DISALLOWED)

    async def _rules(self, authority: str, asking: _Asking) -> Rules:
        """The rules to follow: the authority's own, or those that its robots.txt leads to."""
        host = urlsplit(authority).hostname
        for _ in range(_MAX_HOPS + 1):
            rules = await self._rules_of(authority, asking if urlsplit(authority).hostname == host else None)
            if rules is None:
                await asking.elsewhere(authority)
                raise TryLater(Reason.ROBOTS_UNREACHABLE)
            if rules.robots.moved_to is None:
                return rules
            authority = rules.robots.moved_to
        return Rules(RobotsTxt(state="read", expires_at=0))  # RFC 9309: too many hops may count as unavailable

    async def _rules_of(self, authority: str, asking: _Asking | None) -> Rules | None:
        """The authority's own rules: those at hand, else those some crawler has had, else asked for now if it may."""
        lock = self._asking.setdefault(authority, asyncio.Lock())
        async with lock:
            known = self._known.get(authority, time.time())
            if known is not None:
                return known
            cache: SharedCache = sharing_of(self._crawler).cache("robots")
            robots = unpacked(await cache.get(authority), time.time())
            asked = robots is None
            if robots is None:
                if asking is None:
                    return None
                robots = await asking.robots_txt(authority)
                cache.put(authority, packed(robots), seconds=max(1.0, robots.expires_at - time.time()))
            rules = Rules(robots)
            self._known.put(authority, rules)
            if asked and asking is not None:
                await asking.rest(rules)
            return rules

    def _slow_down(self, host: str, authority: str, gap: float) -> None:
        """Have the host's gap be no shorter than any of its authorities asks for."""
        gaps = self._slowed.get(host, {})
        if gaps.get(authority, 0.0) == gap:
            return
        gaps = {**gaps, authority: gap} if gap else {name: each for name, each in gaps.items() if name != authority}
        if gaps:
            self._slowed[host] = gaps
        else:
            del self._slowed[host]
        scheduler_of(self._crawler).slow_down(host, max(gaps.values(), default=0.0))


class _Asking:
    """One lease that asks for robots.txt, in the manner of its site."""

    def __init__(self, crawler: Crawler, lease: Lease, profile: SiteProfile, user_agent: str) -> None:
        self._crawler = crawler
        self._lease = lease
        self._profile = profile
        self._user_agent = user_agent

    async def robots_txt(self, authority: str) -> RobotsTxt:
        """Ask for it. Raises `Refused` when the host is out of scope, `TryLater` when it wants to be left alone."""
        url = f"{authority}{_PATH}"
        for _ in range(_MAX_HOPS + 1):
            response = await self._answer(url)
            if response is None:
                break
            wait = throttled(response)
            if wait is not None:
                raise wait
            if response.status >= _SERVER_ERROR:
                break
            if response.status >= _CLIENT_ERROR:
                return self._read("")
            if response.status < _REDIRECT:
                return self._read(text_of(response.body))
            following = urljoin(url, (response.headers.get("Location") or b"").decode("latin-1"))
            if urlsplit(following).hostname != urlsplit(url).hostname:
                return self._moved(following)
            url = following
            await asyncio.sleep(self._lease.target.gap)
        else:
            return self._read("")  # RFC 9309: too many hops may count as unavailable
        return RobotsTxt(state="unreachable", expires_at=time.time() + _UNREACHABLE_LIFETIME)

    async def rest(self, rules: Rules) -> None:
        """Leave the host alone for a gap, as it wants it to be."""
        await asyncio.sleep(max(self._lease.target.gap, rules.gap(self._user_agent)))

    async def elsewhere(self, authority: str) -> None:
        """Have another host's robots.txt read: it becomes a target, so that whoever holds that host asks for it.

        Its lease ends as skipped (`NOT_A_PAGE`) once the rules are known to all.
        """
        target = self._target(f"{authority}{_PATH}")
        if target is not None:
            await wiring_of(self._crawler).frontier.add([target])

    def _read(self, text: str) -> RobotsTxt:
        lifetime = min(wiring_of(self._crawler).crawl.robots_lifetime_seconds, _LONGEST_LIFETIME)
        return RobotsTxt(state="read", text=text, expires_at=time.time() + lifetime)

    def _moved(self, location: str) -> RobotsTxt:
        """Another host's rules are followed where its robots.txt is one that we may ask for: of a configured site."""
        target = self._target(location)
        if target is None or urlsplit(target.url).path != _PATH:
            return RobotsTxt(state="unreachable", expires_at=time.time() + _UNREACHABLE_LIFETIME)
        lifetime = min(wiring_of(self._crawler).crawl.robots_lifetime_seconds, _LONGEST_LIFETIME)
        return RobotsTxt(state="moved", moved_to=_authority(target.url), expires_at=time.time() + lifetime)

    def _target(self, url: str) -> Target | None:
        """A target of its own, that belongs to no report: what it leads to is nobody's finding."""
        parent = msgspec.structs.replace(
            self._lease.target, kind="page", hops=0, report_id=None, sealed_address=None, visit=None
        )
        wiring: Wiring = wiring_of(self._crawler)
        target = wiring.judge.redirect(url, parent, max_hops=1)
        return target if isinstance(target, Target) else None

    async def _answer(self, url: str) -> Response | None:
        """None when there was none. Raises `Refused` when the host is out of scope: so is what was to be fetched."""
        engine = self._crawler.engine
        assert engine is not None
        meta = {
            "download_slot": self._lease.target.host,
            "download_maxsize": _MOST_RECEIVED,
            "profile": self._profile,
        }
        request = Request(url, headers=headers_of(self._profile), meta=meta, callback=NO_CALLBACK)
        try:
            return await engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever it was, robots.txt was not to be had
            refusal = refusal_of(self._lease.target.host)
            if refusal is not None and isinstance(error, CannotResolveHostError):
                raise Refused(refusal) from None
            return None


def _user_agent(profile: SiteProfile, wiring: Wiring) -> str:
    """What requests to the site really say: it is what robots.txt is about."""
    said = {name.lower(): value for name, value in headers_of(profile).items()}
    return said.get("user-agent", wiring.crawl.user_agent)


def _authority(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
