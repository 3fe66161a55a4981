"""What a spider gets and gives: a page in, links out. Spiders are pure functions over these."""

from collections.abc import Iterable
from typing import Protocol

from parsel import Selector

from crawler.contract.frontier import TargetKind
from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record


class Link(Record, frozen=True, kw_only=True):
    """A link found on a page, absolute, not yet judged: scope and guard come later, in the crawler."""

    url: str
    kind: TargetKind

    def __repr__(self) -> str:
        return f"Link({self.kind})"


class Page:
    """A fetched page, ready to be read."""

    def __init__(self, url: str, selector: Selector, profile: SiteProfile) -> None:
        self.url = url
        self.selector = selector
        self.profile = profile

    def __repr__(self) -> str:
        return f"Page(of site {self.profile.name!r})"


class SiteSpider(Protocol):
    """Reads pages of one site type."""

    def links(self, page: Page) -> Iterable[Link]:
        """Every link worth following and every picture of the page, in the page's order."""
