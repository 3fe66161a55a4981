"""From a link on a page to a target in the frontier, or to the reason why not."""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from crawler.contract.clock import Clock
from crawler.contract.frontier import PRIORITY_PAGE, PRIORITY_PICTURE, PRIORITY_REPORT, Target, TargetKind
from crawler.contract.pages import Link
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.sites.directory import SiteDirectory
from crawler.sites.guard import acts, asks_to_log_in
from crawler.sites.hosts import is_host
from crawler.sites.refusal import Refusal
from crawler.sites.spelling import as_written, canonical
from crawler.sites.traps import Traps

Fingerprinter = Callable[[str], int]
"""From an address to the 64 bits by which it is known as seen."""

MAX_URL_LENGTH = 8_192
_READ_ANYWAY = re.compile(r"\.(?:css|zip|cbz|7z|cb7|rar|cbr|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)
"""Style sheets and archives: they are no pages, and a profile that says which pages to follow does not mean them."""

LONGEST_CHAIN = 64
"""Pages of the way that a target keeps; of a longer one the first and the last. Lists may have thousands of pages."""


def matches(patterns: Iterable[str], url: str) -> bool:
    """Whether one of a profile's patterns is found in the address."""
    return any(_compiled(pattern).search(url) for pattern in patterns)


def follows(profile: SiteProfile, url: str) -> bool:
    """Whether the site's profile asks to follow such pages: all of them, unless it says which."""
    return not profile.page_links or matches((*profile.page_links, *profile.next_links), url)


class Judge:
    """Decides on links by the configured sites. Addresses are judged again when connecting.

    Keeps a bounded memory of what it has let through, to notice pages that never end.
    """

    def __init__(self, directory: SiteDirectory, fingerprint: Fingerprinter, clock: Clock = time.time) -> None:
        self._directory = directory
        self._fingerprint = fingerprint
        self._traps = Traps(clock)

    def seed(self, url: str, *, report_id: str | None = None) -> Target | Refusal:
        """A target from a seed; or from a reported address, which goes first and stays spelled as it was reported.

        A reported address on a host that no site names belongs to the profile of reported addresses, if there is one.
        """
        placed = self._place(url)
        if isinstance(placed, Refusal):
            return placed
        host, profile = placed
        if profile is None and report_id is not None:
            profile = self._directory.reported
        if profile is None:
            return Refusal(reason=Reason.OUTSIDE_SITES)
        clean = canonical(url, profile.ignored_parameters)
        if refusal := _guarded(profile, clean):
            return refusal
        return Target(
            fingerprint=self._fingerprint_of(clean, report_id),
            url=clean if report_id is None else as_written(url),
            host=host,
            site=profile.name,
            kind="page",
            priority=PRIORITY_PAGE if report_id is None else PRIORITY_REPORT,
            gap=profile.gap_seconds,
            report_id=report_id,
        )

    def links(self, link: Link, parent: Target) -> Iterator[tuple[Link, Target | Refusal]]:
        """What is to be followed for a link of the parent's page: itself, and the full pictures for it by the profile.

        Give each of a page's links to it once.
        """
        judged = self.link(link, parent)
        yield link, judged
        if isinstance(judged, Refusal) and judged.reason in {Reason.MALFORMED_LINK, Reason.UNSUPPORTED_SCHEME}:
            return
        for full in self._full_pictures(link.url, parent):
            yield full, self.link(full, parent)

    def link(self, link: Link, parent: Target) -> Target | Refusal:
        """A target from one link found on the parent's page."""
        placed = self._place(link.url)
        if isinstance(placed, Refusal):
            return placed
        host, profile = placed
        if profile is None and _reported_reach(link.kind, host, parent):
            profile = self._directory.reported
        if profile is None:
            return Refusal(reason=Reason.OUTSIDE_SITES)
        clean = canonical(link.url, profile.ignored_parameters)
        goes_on = link.kind == "page" and matches(profile.next_links, clean)
        depth = parent.depth + (not goes_on)
        refusal = (
            _guarded(profile, clean, hint=link.hint, kind=link.kind)
            or _unasked(profile, clean, link.kind, depth)
            or self._traps.refuse(clean, link.kind, report_id=parent.report_id)
        )
        if refusal is not None:
            return refusal
        return Target(
            fingerprint=self._fingerprint_of(clean, parent.report_id),
            url=clean,
            host=host,
            site=profile.name,
            kind=link.kind,
            priority=_priority(link.kind, depth, of_report=parent.report_id is not None),
            gap=profile.gap_seconds,
            depth=depth,
            chain=_chain_after(parent),
            report_id=parent.report_id,
        )

    def redirect(self, location: str, parent: Target, *, max_hops: int) -> Target | Refusal:
        """The next hop of a redirect: a target of its own, so that pace, scope and robots are asked again.

        It is accepted even when its address was seen (age gates lead back to where one came from), and is asked for
        as the server spells it, parameters and all. One that leads to a login says that the page is for members.
        """
        if parent.hops >= max_hops:
            return Refusal(reason=Reason.TOO_MANY_REDIRECTS)
        placed = self._place(location)
        if isinstance(placed, Refusal):
            return placed
        host, profile = placed
        if profile is None and (_reported_reach(parent.kind, host, parent) or _is_reported(parent)):
            profile = self._directory.reported
        if profile is None:
            return Refusal(reason=Reason.OUTSIDE_SITES)
        url = as_written(location)
        if refusal := _guarded(profile, url, kind=parent.kind):
            for_members = refusal.detail is not None and asks_to_log_in(refusal.detail)
            return Refusal(reason=Reason.NEEDS_LOGIN, detail=refusal.detail) if for_members else refusal
        return Target(
            fingerprint=self._fingerprint_of(canonical(location, profile.ignored_parameters), parent.report_id),
            url=url,
            host=host,
            site=profile.name,
            kind=parent.kind,
            priority=parent.priority,
            gap=profile.gap_seconds,
            depth=parent.depth,
            chain=_chain_after(parent),
            report_id=parent.report_id,
            hops=parent.hops + 1,
            force=True,
        )

    def _place(self, url: str) -> tuple[str, SiteProfile | None] | Refusal:
        """The host of an address, and the site that names it."""
        try:
            clean = as_written(url)
            parts = urlsplit(clean)
        except ValueError:
            return Refusal(reason=Reason.MALFORMED_LINK)
        if parts.scheme not in {"http", "https"}:
            return Refusal(reason=Reason.UNSUPPORTED_SCHEME)
        host = parts.hostname or ""
        if not is_host(host) or len(clean) > MAX_URL_LENGTH:
            return Refusal(reason=Reason.MALFORMED_LINK)
        return host, self._directory.site_of(host)

    def _full_pictures(self, url: str, parent: Target) -> Iterator[Link]:
        placed = self._place(url)
        profile = None if isinstance(placed, Refusal) else placed[1] or self._directory.profiles.get(parent.site)
        for rewrite in () if profile is None else profile.full_pictures:
            full, times = _compiled(rewrite.pattern).subn(rewrite.to, url)
            if times and full != url:
                yield Link(url=full, kind="picture")

    def _fingerprint_of(self, url: str, report_id: str | None) -> int:
        """One of its own for each report, which is then complete even where a crawl or a report was before."""
        plain = self._fingerprint(url)
        if report_id is None:
            return plain
        mixed = hashlib.blake2b(report_id.encode(), digest_size=8, key=plain.to_bytes(8, "big", signed=True))
        return int.from_bytes(mixed.digest(), "big", signed=True)


def _guarded(profile: SiteProfile, url: str, *, hint: str | None = None, kind: TargetKind = "page") -> Refusal | None:
    logged_in = profile.login is not None or profile.basic_auth is not None
    rule = acts(url, hint=hint, kind=kind, logged_in=logged_in, patterns=profile.acting_links)
    return None if rule is None else Refusal(reason=Reason.ACTING_LINK, detail=rule)


def _unasked(profile: SiteProfile, url: str, kind: TargetKind, depth: int) -> Refusal | None:
    """Why the profile does not ask for a link."""
    if kind == "page" and not follows(profile, url) and not _READ_ANYWAY.search(urlsplit(url).path):
        return Refusal(reason=Reason.NOT_IN_PROFILE)
    return Refusal(reason=Reason.TOO_DEEP) if depth > profile.max_depth else None


def _reported_reach(kind: TargetKind, host: str, parent: Target) -> bool:
    """Whether a link on a reported page reaches hosts that no site names: pictures do, pages on its own host do.

    Not the links of a page elsewhere that a picture turned out to be: its pictures are all that is wanted of it.
    """
    if parent.report_id is None:
        return False
    return kind == "picture" or (host == parent.host and parent.kind == "page")


def _is_reported(target: Target) -> bool:
    """Whether this is the reported address itself, or where it was redirected to."""
    return target.report_id is not None and len(target.chain) == target.hops


def _priority(kind: TargetKind, depth: int, *, of_report: bool) -> int:
    """Pictures before pages. Of reports, what is near the reported address first: a fresh report's pictures then come
    before what is far away in an older one.
    """
    if of_report:
        return min(PRIORITY_REPORT + max(0, 2 * depth - (kind == "picture")), PRIORITY_PICTURE - 1)
    return PRIORITY_PICTURE if kind == "picture" else PRIORITY_PAGE


def _chain_after(parent: Target) -> tuple[str, ...]:
    chain = (*parent.chain, parent.url)
    return chain if len(chain) <= LONGEST_CHAIN else (chain[0], *chain[1 - LONGEST_CHAIN :])


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
