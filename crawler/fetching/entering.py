"""The doors of sites with an age gate or a login: opened by one crawler for all, and again when they have closed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from scrapy.http import HtmlResponse, TextResponse

from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.fetching.content import media_type_of
from crawler.fetching.cookies import SiteJar, same_page
from crawler.fetching.errands import Errand
from crawler.fetching.login import is_logged_in, log_in, pass_gate, shows
from crawler.fetching.sessions import TROUBLE_REASONS, Session, SessionStore, new_id
from crawler.fetching.status import REDIRECTS
from crawler.fetching.verdicts import TryLater, Withdrawn
from crawler.sites import lacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.contract.frontier import Lease
    from crawler.contract.sites import SiteProfile

Seen = Literal["gate", "login"]
"""What an answer shows of a door that is closed."""

_BELIEVED = 10.0
"""Seconds for which a session is taken for the newest there is; a page that shows otherwise corrects it at once."""
_WAIT_FOR_OTHERS = 60.0
_LOOK = 0.3
_WRITE_EVERY = 5.0
_UNMARKED_FREE = 2
_ENDED = frozenset({401, 403})
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class OpenSession:
    """A session as this process uses it."""

    def __init__(self, session: Session, jar: SiteJar, read_at: float) -> None:
        self.session = session
        self.jar = jar
        self.read_at = read_at
        self.written_at = read_at

    @property
    def id(self) -> str:
        """Another one for each time that somebody entered."""
        return self.session.id


class Doors:
    """The doors of all sites, as one process sees them."""

    def __init__(
        self, crawler: Crawler, store: SessionStore, credentials: Callable[[SiteProfile, str], bytes | None]
    ) -> None:
        """`credentials`: the Authorization header of a site's address, if it has one."""
        self._crawler = crawler
        self._store = store
        self._credentials = credentials
        self._open: dict[str, OpenSession] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self, lease: Lease, profile: SiteProfile) -> OpenSession:
        """The site's session, entered if need be. Raises verdicts when there is no way in for now."""
        known = self._open.get(profile.name)
        now = time.time()
        if known is not None and known.read_at + _BELIEVED > now and _good(known.session, profile, now):
            return known
        async with self._locks[profile.name]:
            found = await self._look(profile)
            if found is not None and _good(found.session, profile, time.time()):
                return found
            if _needs_nothing(profile):
                return self._take(profile, Session(id=new_id()))
            entered = await self._enter(lease, profile, found.session if found is not None else None)
            await self._store.went_well(profile.name, "gate")
            return entered

    async def renewed(self, profile: SiteProfile, request: Request) -> bool:
        """Whether the site has been entered anew since this request was sent, so that it may simply be sent again."""
        used: str = request.meta["session"]
        async with self._locks[profile.name]:
            found = await self._look(profile)
        return found is not None and found.id != used and _good(found.session, profile, time.time())

    async def holds(self, lease: Lease, profile: SiteProfile) -> bool:
        """Whether one is still logged in, in spite of what a page seems to show: a request, rather than a login."""
        assert profile.login is not None
        known = self._open[profile.name]
        return await is_logged_in(self._errand(lease, profile, known.jar, claimed=False), profile.login)

    async def enter_anew(self, lease: Lease, profile: SiteProfile, request: Request, seen: Seen) -> None:
        """Enter a site whose door has closed. Raises verdicts when there is no way in for now."""
        used: str = request.meta["session"]
        async with self._locks[profile.name]:
            found = await self._look(profile)
            if found is not None and found.id != used:
                return
            before = None if found is None else found.session
            if seen == "gate" and (profile.cookies is None or profile.cookies.visit_first is None):
                raise TryLater(Reason.GATE_CLOSED)  # the profile's fixed cookies do not open it
            # Of a session that has ended nothing is used any more; behind a gate that has closed, the rest holds.
            shut = None if before is None or seen == "login" else _without_gate(before)
            await self._enter(lease, profile, shut, not_this=used)

    async def still_out(self, profile: SiteProfile, seen: Seen) -> None:
        """Count that a page kept us out, though the site was entered just before. Raises when that is too often."""
        if seen == "gate":
            wait = await self._store.failed(profile.name, "gate")
            self._open.pop(profile.name, None)
            raise TryLater(Reason.GATE_CLOSED, wait=wait, whole_host=True)
        wait = await self._store.failed(profile.name, "unmarked", free=_UNMARKED_FREE)
        if wait > 0:
            raise TryLater(Reason.LOGIN_FAILED, wait=wait, whole_host=True)

    async def went_in(self, profile: SiteProfile, request: Request, response: Response, entered: set[Seen]) -> None:
        """Keep what a page that let us in sets, for all crawlers, as long as it belongs to the session in use."""
        if "gate" in entered:
            await self._store.went_well(profile.name, "gate")
        if "login" in entered:
            await self._store.went_well(profile.name, "unmarked")
        known = self._open.get(profile.name)
        if known is None or known.id != request.meta["session"] or not known.jar.learn(request, response):
            return
        if time.time() < known.written_at + _WRITE_EVERY:
            return
        async with self._locks[profile.name]:
            stored = await self._store.load(profile.name)
            if stored is None or stored.id == known.id:
                await self._save(profile, known)

    def seen(self, profile: SiteProfile, request: Request, response: Response) -> Seen | None:
        """What the answer shows: a closed gate, an ended session, or neither."""
        if response.status in REDIRECTS:
            location = (response.headers.get("Location") or b"").decode("latin-1")
            return self.leads_in(profile, urljoin(request.url, location))
        page = _page(response)
        gate = None if profile.cookies is None else profile.cookies.gate
        if page is not None and gate is not None and shows(page, gate):
            return "gate"
        if profile.login is None:
            return None
        if response.status in _ENDED:
            return "login"
        if page is not None and 200 <= response.status < 300 and not shows(page, profile.login.success):  # noqa: PLR2004
            return "login"
        return None

    def leads_in(self, profile: SiteProfile, location: str) -> Seen | None:
        """Which door an address is, if it is one."""
        if profile.login is not None and same_page(location, profile.login.page):
            return "login"
        gate = profile.cookies.visit_first if profile.cookies is not None else None
        return "gate" if gate is not None and same_page(location, gate) else None

    async def _enter(
        self, lease: Lease, profile: SiteProfile, before: Session | None, *, not_this: str | None = None
    ) -> OpenSession:
        """Enter, or wait for the crawler that does. The site's lock is held."""
        patience = time.time() + _WAIT_FOR_OTHERS
        while True:
            for matter, reason in TROUBLE_REASONS.items():
                wait = await self._store.trouble(profile.name, matter)
                if wait > 0:
                    raise TryLater(reason, wait=wait, whole_host=True)
            if await self._store.claim(profile.name):
                try:
                    found = await self._look(profile)
                    if found is not None and found.id != not_this and _good(found.session, profile, time.time()):
                        return found
                    return await self._walk_in(lease, profile, before)
                finally:
                    await self._store.let_go(profile.name)
            if time.time() > patience:
                raise Withdrawn
            await asyncio.sleep(_LOOK)
            found = await self._look(profile)
            if found is not None and found.id != not_this and _good(found.session, profile, time.time()):
                return found

    async def _walk_in(self, lease: Lease, profile: SiteProfile, before: Session | None) -> OpenSession:
        now = time.time()
        logs_in = profile.login is not None and (before is None or before.login_until <= now)
        kept = () if before is None or logs_in else before.cookies
        jar = SiteJar(profile.cookies.fixed if profile.cookies else {}, kept)
        errand = self._errand(lease, profile, jar, claimed=True)
        gate_until = before.gate_until if before is not None and not logs_in else 0.0
        login_until = before.login_until if before is not None and not logs_in else 0.0
        if profile.cookies is not None and gate_until <= now:
            if not await pass_gate(errand, profile.cookies):
                wait = await self._store.failed(profile.name, "gate")
                raise TryLater(Reason.GATE_CLOSED, wait=wait, whole_host=True)
            gate_until = time.time() + profile.cookies.lifetime_seconds
        if profile.login is not None and logs_in:
            try:
                is_in = not lacking(profile, {"account"}) and await log_in(errand, profile.login, profile.name)
            except ConfigError:
                is_in = False
            if not is_in:
                wait = await self._store.failed(profile.name, "login")
                raise TryLater(Reason.LOGIN_FAILED, wait=wait, whole_host=True)
            login_until = time.time() + profile.login.lifetime_seconds
            await self._store.went_well(profile.name, "login")
        session = Session(id=new_id(), cookies=jar.kept(), gate_until=gate_until, login_until=login_until)
        opened = OpenSession(session, jar, time.time())
        await self._save(profile, opened)
        self._open[profile.name] = opened
        return opened

    async def _look(self, profile: SiteProfile) -> OpenSession | None:
        """The newest session, whoever entered; None when nobody has."""
        known = self._open.get(profile.name)
        stored = await self._store.load(profile.name)
        if stored is None:
            # Nothing is written of a site that only wants fixed cookies until it sets one.
            return known if known is not None and _needs_nothing(profile) else None
        if known is None or known.id != stored.id:
            return self._take(profile, stored)
        known.read_at = time.time()
        return known

    def _take(self, profile: SiteProfile, session: Session) -> OpenSession:
        jar = SiteJar(profile.cookies.fixed if profile.cookies else {}, session.cookies)
        self._open[profile.name] = OpenSession(session, jar, time.time())
        return self._open[profile.name]

    async def _save(self, profile: SiteProfile, opened: OpenSession) -> None:
        session = Session(
            id=opened.id,
            cookies=opened.jar.kept(),
            gate_until=opened.session.gate_until,
            login_until=opened.session.login_until,
        )
        lifetimes = [each.lifetime_seconds for each in (profile.cookies, profile.login) if each is not None]
        await self._store.save(profile.name, session, seconds=max(lifetimes))
        opened.written_at = time.time()

    def _errand(self, lease: Lease, profile: SiteProfile, jar: SiteJar, *, claimed: bool) -> Errand:
        async def still_ours() -> None:
            if not await self._store.claim(profile.name):
                raise Withdrawn

        return Errand(
            self._crawler,
            lease,
            profile,
            jar,
            first=still_ours if claimed else None,
            credentials=lambda url: self._credentials(profile, url),
        )


def _needs_nothing(profile: SiteProfile) -> bool:
    """Whether the site is entered by fixed cookies alone."""
    return profile.login is None and (profile.cookies is None or profile.cookies.visit_first is None)


def _good(session: Session, profile: SiteProfile, now: float) -> bool:
    gated = profile.cookies is not None and profile.cookies.visit_first is not None
    return (not gated or session.gate_until > now) and (profile.login is None or session.login_until > now)


def _without_gate(session: Session) -> Session:
    return Session(id=session.id, cookies=session.cookies, gate_until=0.0, login_until=session.login_until)


def _page(response: Response) -> TextResponse | None:
    """The answer as a page, if it is one by its own account."""
    named = media_type_of(response)
    if named in _PAGE_TYPES and isinstance(response, TextResponse):
        return response
    return response if named is None and isinstance(response, HtmlResponse) else None
