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
    hint: str | None = None
    """What the page says of the link, for the side-effect guard: its relations, title and words, in lower case.

    A few hundred characters at most; None when it says nothing. Never stored, never logged.
    """

    def __repr__(self) -> str:
        return f"Link({self.kind})"


class EmbeddedPicture:
    """A picture that stands in the page itself, as a `data:` address. Holds bytes, so it is no record."""

    __slots__ = ("body", "media_type", "place")

    def __init__(self, body: bytes, *, media_type: str, place: str) -> None:
        self.body = body
        self.media_type = media_type
        self.place = place
        """Where on the page: `data:1` is the first. Becomes the picture's path inside."""

    def __repr__(self) -> str:
        return "EmbeddedPicture(hidden)"


class Page:
    """A fetched page, or a style sheet, ready to be read."""

    def __init__(self, url: str, selector: Selector, profile: SiteProfile, *, stylesheet: str | None = None) -> None:
        self.url = url
        self.selector = selector
        self.profile = profile
        self.stylesheet = stylesheet
        """The text of a style sheet; its selector is then empty."""

    def __repr__(self) -> str:
        return f"Page(of site {self.profile.name!r})"


class SiteSpider(Protocol):
    """Reads pages of one site type."""

    def links(self, page: Page) -> Iterable[Link]:
        """Every link worth following and every picture of the page, in the page's order."""

    def embedded(self, page: Page) -> Iterable[EmbeddedPicture]:
        """The pictures that the page itself holds."""

    def needs_script(self, page: Page) -> bool:
        """Whether the page has nothing to show until a script has run."""
