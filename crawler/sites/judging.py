"""From a link on a page to a target in the frontier, or to the reason why not."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from w3lib.url import safe_url_string

from crawler.contract.frontier import PRIORITY_PAGE, PRIORITY_PICTURE, PRIORITY_REPORT, Target
from crawler.contract.pages import Link
from crawler.contract.reasons import Reason
from crawler.contract.sites import SiteProfile
from crawler.sites.directory import SiteDirectory
from crawler.sites.guard import acts
from crawler.sites.refusal import Refusal

Fingerprinter = Callable[[str], int]
"""From an address to the 64 bits by which it is known as seen."""

MAX_URL_LENGTH = 8_192


def follows(profile: SiteProfile, url: str) -> bool:
    """Whether the site's profile asks to follow such pages: all of them, unless it says which."""
    return not profile.page_links or any(re.search(pattern, url) for pattern in profile.page_links)


class Judge:
    """Decides on links by the configured sites. Addresses are judged again when connecting."""

    def __init__(self, directory: SiteDirectory, fingerprint: Fingerprinter) -> None:
        self._directory = directory
        self._fingerprint = fingerprint

    def seed(self, url: str, *, report_id: str | None = None) -> Target | Refusal:
        """A target from a seed or a reported address, which goes first."""
        placed = self._place(url)
        if isinstance(placed, Refusal):
            return placed
        clean, host, profile = placed
        return Target(
            fingerprint=self._fingerprint(clean),
            url=clean,
            host=host,
            site=profile.name,
            kind="page",
            priority=PRIORITY_PAGE if report_id is None else PRIORITY_REPORT,
            gap=profile.gap_seconds,
            report_id=report_id,
        )

    def link(self, link: Link, parent: Target) -> Target | Refusal:
        """A target from a link found on the parent's page."""
        placed = self._place(link.url)
        if isinstance(placed, Refusal):
            return placed
        clean, host, profile = placed
        if acts(clean):
            return Refusal(reason=Reason.ACTING_LINK)
        if link.kind == "page" and not follows(profile, clean):
            return Refusal(reason=Reason.NOT_IN_PROFILE)
        depth = parent.depth + 1
        if depth > profile.max_depth:
            return Refusal(reason=Reason.TOO_DEEP)
        usual = PRIORITY_PICTURE if link.kind == "picture" else PRIORITY_PAGE
        return Target(
            fingerprint=self._fingerprint(clean),
            url=clean,
            host=host,
            site=profile.name,
            kind=link.kind,
            priority=PRIORITY_REPORT if parent.report_id else usual,
            gap=profile.gap_seconds,
            depth=depth,
            chain=(*parent.chain, parent.url),
            report_id=parent.report_id,
        )

    def redirect(self, location: str, parent: Target, *, max_hops: int) -> Target | Refusal:
        """The next hop of a redirect: a target of its own, so that pace, scope and robots are asked again.

        It is accepted even when its address was seen (age gates lead back to where one came from).
        """
        if parent.hops >= max_hops:
            return Refusal(reason=Reason.TOO_MANY_REDIRECTS)
        placed = self._place(location)
        if isinstance(placed, Refusal):
            return placed
        clean, host, profile = placed
        if acts(clean):
            return Refusal(reason=Reason.ACTING_LINK)
        return Target(
            fingerprint=self._fingerprint(clean),
            url=clean,
            host=host,
            site=profile.name,
            kind=parent.kind,
            priority=parent.priority,
            gap=profile.gap_seconds,
            depth=parent.depth,
            chain=(*parent.chain, parent.url),
            report_id=parent.report_id,
            hops=parent.hops + 1,
            force=True,
        )

    def _place(self, url: str) -> tuple[str, str, SiteProfile] | Refusal:
        try:
            clean = safe_url_string(url).partition("#")[0]
            parts = urlsplit(clean)
            host = (parts.hostname or "").rstrip(".")
            _ = parts.port  # raises when it is no number
        except ValueError:
            return Refusal(reason=Reason.MALFORMED_LINK)
        if parts.scheme not in {"http", "https"}:
            return Refusal(reason=Reason.UNSUPPORTED_SCHEME)
        if not host or len(clean) > MAX_URL_LENGTH:
            return Refusal(reason=Reason.MALFORMED_LINK)
        profile = self._directory.site_of(host)
        if profile is None:
            return Refusal(reason=Reason.OUTSIDE_SITES)
        return clean, host, profile
