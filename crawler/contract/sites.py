"""Site profiles: what operations say about a site. A spider reads a page by them; the crawler keeps to them."""

import re
from typing import Annotated, Literal

import msgspec

from crawler.contract.records import SiteType
from crawler.contract.struct import Record


class RobotsOverride(Record, frozen=True, kw_only=True):
    """The decision not to heed a site's robots.txt, on the record."""

    reason: Annotated[str, msgspec.Meta(min_length=10)]
    """Why, in words that will stand up later: the mandate, who decided, when."""


class SiteProfile(Record, frozen=True, kw_only=True):
    """One site, as the `[[sites]]` tables of the configuration name it."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    type: SiteType
    hosts: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Host names (or address literals) of the site; one that starts with a dot stands for all its subdomains."""
    seeds: tuple[str, ...] = ()
    """Where a crawl of the whole site starts."""
    gap_seconds: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """Least time between two requests to one host."""
    max_depth: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 50
    """Links away from a seed, redirect hops not counted."""
    robots_override: RobotsOverride | None = None
    """Heed robots.txt unless this is given."""
    referrer: Literal["same_site", "none"] = "same_site"
    """Whether requests name the page that linked to them, where both are on this site; across sites never."""
    picture_links: tuple[str, ...] = ()
    """Regular expressions: a link whose address matches one is a picture, whatever it looks like."""
    page_links: tuple[str, ...] = ()
    """Regular expressions: when given, only links that match one are followed as pages."""

    def __post_init__(self) -> None:
        """Refuse patterns that are none."""
        for pattern in (*self.picture_links, *self.page_links):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
