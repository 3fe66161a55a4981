"""Site profiles: what operations say about a site. A spider reads a page by them; the crawler keeps to them."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from crawler.contract.access import BasicAuth, Cookies, Login, Proxy, check_headers, on_hosts
from crawler.contract.mandates import Mandate
from crawler.contract.records import SiteType
from crawler.contract.struct import Record

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class RobotsOverride(Record, frozen=True, kw_only=True):
    """The decision not to heed a site's robots.txt, on the record."""

    reason: Annotated[str, msgspec.Meta(min_length=10)]
    """Why, in words that will stand up later: the mandate, who decided, when."""


class Window(Record, frozen=True, kw_only=True):
    """The hours in which the site may be crawled. From 22:00 until 06:00 lies over midnight."""

    opens: ClockTime
    closes: ClockTime
    time_zone: str = "Europe/Amsterdam"
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    """The days on which it opens; none named means every day."""


class Budget(Record, frozen=True, kw_only=True):
    """The most that is taken in. What lies beyond is counted and listed, and comes within reach in the next round."""

    pages: Positive = 1_000_000
    """Of the site, in one round."""
    pictures: Positive = 5_000_000
    """Of the site, in one round."""
    report_items: Positive = 20_000
    """Pages and pictures that come of one report."""


class Expectation(Record, frozen=True, kw_only=True):
    """What a round usually brings. Outside of it an alarm is raised: a silent change of layout is how coverage dies."""

    pages_at_least: int | None = None
    pages_at_most: int | None = None
    pictures_at_least: int | None = None
    pictures_at_most: int | None = None


class Revisits(Record, frozen=True, kw_only=True):
    """How often a page is looked at again: sooner when new links appeared on it, later when none did."""

    first_seconds: Seconds = 24 * 3600
    shortest_seconds: Seconds = 3600
    longest_seconds: Seconds = 60 * 24 * 3600
    pictures: bool = True
    """Ask for pictures again, too (conditionally, where the server gave a validator)."""
    gone_after: Positive = 3
    """Visits in a row that found it gone, after which it is retired."""
    round_seconds: Seconds = 24 * 3600
    """How often a new round begins at the seeds; adapts to what the last one brought, within the bounds above."""


class Rewrite(Record, frozen=True, kw_only=True):
    """How the address of a thumbnail becomes that of the full picture: both are fetched."""

    pattern: str
    """Regular expression over the whole address."""
    to: str
    """What it is replaced with; `\\1` is the first group."""


class SiteProfile(Record, frozen=True, kw_only=True):
    """One site: a TOML file in the profiles folder."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    type: SiteType
    hosts: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Host names (or address literals) of the site; one that starts with a dot stands for all its subdomains.

    A single `"*"` makes this the profile of reported addresses on hosts that no other profile names: nothing is
    crawled by it but what a report leads to.
    """
    seeds: tuple[str, ...] = ()
    """Where a crawl of the whole site starts."""
    mandate: Mandate | None = None
    """Without it nothing of this site is fetched."""

    gap_seconds: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """Least time between two requests to one host."""
    window: Window | None = None
    budget: Budget = Budget()
    expect: Expectation = Expectation()
    revisits: Revisits = Revisits()
    max_depth: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 50
    """Links away from a seed, redirect hops not counted."""
    robots_override: RobotsOverride | None = None
    """Heed robots.txt unless this is given."""

    user_agent: Annotated[str, msgspec.Meta(min_length=5)] | None = None
    """Instead of `[crawl]`'s."""
    headers: Mapping[str, str] = {}
    """Further request headers."""
    referrer: Literal["same_site", "none", "linking_page", "fixed"] = "same_site"
    """Which page requests name as the one they come from.

    `same_site`: the page that linked, where it is on this site. `linking_page`: that page wherever it is among the
    configured sites. `fixed`: always `referrer_url`. The last two need the means "referrer".
    """
    referrer_url: str | None = None
    cookies: Cookies | None = None
    login: Login | None = None
    basic_auth: BasicAuth | None = None
    proxy: Proxy | None = None
    browser: bool = False
    """Pages are shown to a browser first, since they are made by scripts. See docs/architecture.md."""

    picture_links: tuple[str, ...] = ()
    """Regular expressions: a link whose address matches one is a picture, whatever it looks like."""
    page_links: tuple[str, ...] = ()
    """Regular expressions: when given, only links that match one are followed as pages."""
    next_links: tuple[str, ...] = ()
    """Regular expressions: a link that matches one leads to more of the same list, and does not count as deeper."""
    full_pictures: tuple[Rewrite, ...] = ()
    acting_links: tuple[str, ...] = ()
    """Regular expressions: never followed, besides what the side-effect guard knows by itself."""
    ignored_parameters: tuple[str, ...] = ()
    """Query parameters that do not change what is shown (session ids, sort orders): cut from every address."""
    archive_passwords: tuple[str, ...] = ()
    """Passwords that the site's pages give for their archives."""

    def __post_init__(self) -> None:
        """Refuse patterns that are none, and a fixed referrer that is not given."""
        rewritten = tuple(rewrite.pattern for rewrite in self.full_pictures)
        for pattern in (*self.picture_links, *self.page_links, *self.next_links, *self.acting_links, *rewritten):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if (self.referrer == "fixed") != (self.referrer_url is not None):
            raise ValueError('referrer_url is given exactly when referrer = "fixed"')
        if "*" in self.hosts and (len(self.hosts) > 1 or self.seeds):
            raise ValueError('hosts = ["*"] stands alone, and has no seeds: it is for reported addresses only')
        if self.browser and self.proxy is not None:
            raise ValueError("browser and proxy do not go together: the browser would reach the site around the proxy")
        check_headers(self.headers)
        if "*" in self.hosts and (self.cookies or self.login or self.basic_auth):
            raise ValueError('hosts = ["*"]: cookies and accounts are for a site of its own, or stated by a report')
        for key, url in (
            ("login.page", None if self.login is None else self.login.page),
            ("cookies.visit_first", None if self.cookies is None else self.cookies.visit_first),
        ):
            if url is not None and not on_hosts(url, self.hosts):
                raise ValueError(f"{key} is no address on one of the site's hosts")
