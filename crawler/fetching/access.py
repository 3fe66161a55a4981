"""How a request gets in: what its profile and its report say is added to it, and what keeps it out is noticed.

`SiteAccess.prepare` runs when a request's turn has come, after robots.txt: referrer, cookies (an age gate passed, a
login made, once for all crawlers), credentials. `SiteAccess.examined` looks at the answer before its status is judged:
where the session has ended or the gate shows, the site is entered anew and the page fetched again rather than counted.
Nothing is taken along to another host: a redirect hop is a target of its own, and is prepared by its own host.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy.http.request import NO_CALLBACK

from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.fetching.basic import Asked, Credentials, may_go, of_profile, of_report, realm_of
from crawler.fetching.cookies import joined
from crawler.fetching.entering import Doors, Seen
from crawler.fetching.errands import gap_of
from crawler.fetching.referring import of_one_site, referrer_of
from crawler.fetching.requests import headers_of
from crawler.fetching.sessions import PURPOSE, SessionStore, pause_after
from crawler.fetching.sharing import sharing_of
from crawler.fetching.status import REDIRECTS
from crawler.fetching.verdicts import Refused, TryLater
from crawler.fetching.wiring import wiring_of
from crawler.sites import lacking, means_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.contract.frontier import Lease, Target
    from crawler.contract.mandates import Means
    from crawler.contract.reports import Report
    from crawler.contract.sites import SiteProfile

logger = logging.getLogger(__name__)

_REPORTS_REMEMBERED = 1000
_ROUNDS = 4
"""Times that one lease's page is fetched again for the sake of a session. More would be a quarrel with the site."""
_UNAUTHORIZED = 401
_TRIES = 3
"""Refusals of a user and password in a row after which they are not sent again for a while."""


class SiteAccess:
    """One crawler process's way in to all sites."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        wiring, sharing = wiring_of(crawler), sharing_of(crawler)
        self._wiring = wiring
        self._store = SessionStore(
            sharing.veiled(PURPOSE),
            sharing.store,
            sharing.executor,
            worker=wiring.worker,
            unit=wiring.crawl.retry_seconds,
            clock=time.time,
        )
        self._doors = Doors(crawler, self._store, self._preemptive)
        self._asked = Asked()
        self._secrets: dict[str, Credentials] = {}
        self._reports: OrderedDict[str, Report] = OrderedDict()

    async def prepare(self, request: Request, lease: Lease, profile: SiteProfile) -> None:
        """Add what lets the request in. Raises verdicts: not permitted by the mandate, or no way in for now."""
        report = await self._report(lease.target)
        _permit(profile, _means_taken(profile, report, lease.target))
        referrer = referrer_of(lease.target, profile, self._wiring.directory, report)
        if referrer is not None:
            request.headers["Referer"] = referrer
        await self._carry(request, lease, profile, report)
        credentials = self._preemptive(profile, request.url, report, lease.target)
        if credentials is not None:
            request.headers["Authorization"] = credentials

    async def examined(self, request: Request, response: Response, lease: Lease, profile: SiteProfile) -> Response:
        """The answer to judge: this one, or the one that the same request got once it was let in.

        Raises verdicts: no way in for now, or not for anybody with this account.
        """
        response = await self._authorized(request, response, lease, profile)
        if "session" not in request.meta:
            return response
        entered: set[Seen] = set()
        for _ in range(_ROUNDS):
            seen = self._doors.seen(profile, request, response)
            if seen is None:
                await self._doors.went_in(profile, request, response, entered)
                return response
            await asyncio.sleep(gap_of(self._crawler, lease))
            if seen in entered:
                await self._doors.still_out(profile, seen)
                return self._left_as_it_is(profile, response)
            if not await self._doors.renewed(profile, request):
                if seen == "login" and await self._doors.holds(lease, profile):
                    return self._left_as_it_is(profile, response)
                await self._doors.enter_anew(lease, profile, request, seen)
                entered.add(seen)
            await self._carry(request, lease, profile, await self._report(lease.target))
            response = await self._again(request)
        raise TryLater(Reason.LOGIN_FAILED if profile.login else Reason.GATE_CLOSED)

    async def _carry(self, request: Request, lease: Lease, profile: SiteProfile, report: Report | None) -> None:
        """Give the request the cookies of its site's session, and those that its report states."""
        cookies: str | None = None
        if profile.cookies is not None or profile.login is not None:
            session = await self._doors.open(lease, profile)
            request.meta["session"] = session.id
            cookies = session.jar.header(request.url)
        if report is not None and report.cookie is not None and self._is_reported_site(lease.target, profile):
            cookies = joined(" ".join(report.cookie.split()), cookies)
        if cookies is None:
            request.headers.pop("Cookie", None)
        else:
            request.headers["Cookie"] = cookies

    async def _authorized(self, request: Request, response: Response, lease: Lease, profile: SiteProfile) -> Response:
        """The answer once the server's challenge is met, if it makes one that may be met."""
        realm = realm_of(response)
        if realm is None:
            return response
        report = await self._report(lease.target)
        credentials = self._credentials(profile, report, lease.target)
        if credentials is None or not may_go(credentials, request.url, realm):
            return response
        means: Means = "account"
        _permit(profile, {means})
        owner = _owner(profile, credentials)
        if "Authorization" not in request.headers:
            wait = await self._store.trouble(owner, "basic")
            if wait > 0 and credentials.report_id is not None:
                return response
            if wait > 0:
                raise TryLater(Reason.LOGIN_FAILED, wait=wait, whole_host=True)
            await asyncio.sleep(gap_of(self._crawler, lease))
            request.headers["Authorization"] = credentials.header
            response = await self._again(request)
        if response.status == _UNAUTHORIZED:
            self._asked.forget(owner)
            self._secrets.pop(profile.name, None)  # somebody may mend the file
            await self._store.failed(owner, "basic", free=_TRIES - 1)
            return response
        if not self._asked.covers(owner, request.url):
            self._asked.note(owner, request.url)
            await self._store.went_well(owner, "basic")
        return response

    async def _again(self, request: Request) -> Response:
        """The answer to the same request asked once more. It carries no lease, so that nothing else is done with it."""
        assert self._crawler.engine is not None
        given = {"download_slot": request.meta["download_slot"], "again": True}
        copy = request.replace(meta=given, errback=None, callback=NO_CALLBACK)
        response = await self._crawler.engine.download_async(copy)
        # What the download found out (that it is a video, say) is said of the request itself.
        request.meta.update({name: value for name, value in copy.meta.items() if name not in given})
        response.request = request  # else the spider would look for its lease in the copy
        return response

    def _left_as_it_is(self, profile: SiteProfile, response: Response) -> Response:
        """The answer of a page that keeps even those out, or does not show, who are logged in."""
        location = urljoin(response.url, (response.headers.get("Location") or b"").decode("latin-1"))
        front = urlsplit(location).path in {"", "/"}  # some have their form there, and lead there for other reasons
        if response.status in REDIRECTS and not front and self._doors.leads_in(profile, location) == "login":
            raise Refused(Reason.NEEDS_LOGIN)
        return response

    def _credentials(self, profile: SiteProfile, report: Report | None, target: Target | None) -> Credentials | None:
        reported = of_report(report, target) if report is not None and target is not None else None
        if reported is not None or profile.basic_auth is None:
            return reported
        if profile.name not in self._secrets:
            try:
                self._secrets[profile.name] = of_profile(profile.basic_auth)
            except ConfigError as error:
                logger.warning("Site %r: %s", profile.name, error)
                wait = pause_after(_TRIES, self._wiring.crawl.retry_seconds)
                raise TryLater(Reason.LOGIN_FAILED, wait=wait, whole_host=True) from None
        return self._secrets[profile.name]

    def _preemptive(
        self, profile: SiteProfile, url: str, report: Report | None = None, target: Target | None = None
    ) -> bytes | None:
        """The Authorization header for an address that lies below one that asked for it."""
        owners = [profile.name, *([f"report:{report.id}"] if report is not None else [])]
        if not any(self._asked.covers(owner, url) for owner in owners):
            return None
        credentials = self._credentials(profile, report, target)
        if credentials is None or not self._asked.covers(_owner(profile, credentials), url):
            return None
        return credentials.header if urlsplit(url).scheme in credentials.schemes else None

    def _is_reported_site(self, target: Target, profile: SiteProfile) -> bool:
        reported = target.chain[0] if target.chain else target.url
        return of_one_site(reported, target.host, profile, self._wiring.directory)

    async def _report(self, target: Target) -> Report | None:
        if target.report_id is None:
            return None
        if target.report_id not in self._reports:
            report = await self._wiring.frontier.report(target.report_id)
            if report is None:
                return None
            self._reports[target.report_id] = report
            if len(self._reports) > _REPORTS_REMEMBERED:
                self._reports.popitem(last=False)
        return self._reports[target.report_id]


class AccessMiddleware:
    """Downloader middleware, between robots.txt and the judging of statuses."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._access: SiteAccess | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AccessMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Prepare a lease's request. Any other (robots.txt) is told the profile's user agent and headers only."""
        lease: Lease | None = request.meta.get("lease")
        directory = wiring_of(self._crawler).directory
        if lease is not None:
            await self._site_access().prepare(request, lease, directory.profiles[lease.target.site])
            return
        profile = directory.site_of(urlsplit(request.url).hostname or "")
        for name, value in headers_of(profile).items() if profile is not None else ():
            request.headers.setdefault(name, value)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Hand on the answer that counts."""
        lease: Lease | None = request.meta.get("lease")
        if lease is None:
            return response
        profile = wiring_of(self._crawler).directory.profiles[lease.target.site]
        return await self._site_access().examined(request, response, lease, profile)

    def _site_access(self) -> SiteAccess:
        if self._access is None:  # the wiring is not there yet when Scrapy makes its middlewares
            self._access = SiteAccess(self._crawler)
        return self._access


def _means_taken(profile: SiteProfile, report: Report | None, target: Target) -> set[Means]:
    """What this request takes, of the profile and of its report."""
    taken = set(means_of(profile))
    if report is not None and report.referrer is not None and target.depth == 0:
        taken.add("referrer")
    if report is not None and report.cookie is not None:
        taken.add("cookie")
    return taken


def _permit(profile: SiteProfile, taken: set[Means]) -> None:
    if lacking(profile, taken):
        raise Refused(Reason.NOT_PERMITTED)


def _owner(profile: SiteProfile, credentials: Credentials) -> str:
    return profile.name if credentials.report_id is None else f"report:{credentials.report_id}"
