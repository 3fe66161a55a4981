"""What the parsers of all site types share: read a page by rules, make its links absolute, tell pictures from pages.

Each site type is a `RuleSpider` with rules of its own beside those of `elements`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from crawler.contract.frontier import TargetKind
from crawler.contract.pages import Link, Page
from crawler.contract.sites import SiteProfile
from spiders.addresses import absolute, picture_by_name
from spiders.elements import EVERYWHERE, Element, Found, Rule


class RuleSpider:
    """A `SiteSpider` that asks its rules of every element of the page."""

    def __init__(self, *own: Rule) -> None:
        """`own`: what this site type does that not every site does. They are asked after those that hold anywhere."""
        self._rules = (*EVERYWHERE, *own)

    def links(self, page: Page) -> list[Link]:
        """Every link and picture of the page, absolute, each address once, where it first stands.

        An address that is used for a picture anywhere on the page is a picture. Never raises over what a page
        says, and leaves nothing out: the crawler judges, and counts what it does not follow.
        """
        root = page.selector.root
        base = _base(root, page.url)
        kinds: dict[str, TargetKind] = {}
        for written, stated in self._found(root):
            url = absolute(base, written)
            if url is None:
                continue
            kind = _kind(url, stated, page.profile)
            if url not in kinds or kind == "picture":
                kinds[url] = kind
        return [Link(url=url, kind=kind) for url, kind in kinds.items()]

    def _found(self, root: Element) -> Iterator[Found]:
        for element in _elements(root):
            for rule in self._rules:
                yield from rule(element)


def _elements(root: Element) -> Iterator[Any]:
    """The elements in the page's order; none when what was parsed is no tree (JSON, plain text)."""
    if hasattr(root, "iter"):
        for element in root.iter():
            if isinstance(element.tag, str):  # comments and processing instructions have a function there
                yield element


def _base(root: Element, url: str) -> str:
    """The address against which the page's links are resolved: the first `<base href>`, else its own."""
    if hasattr(root, "iter"):
        for element in root.iter("base"):
            stated = absolute(url, element.get("href", ""))
            if stated is not None:
                return stated if stated.startswith(("http://", "https://")) else url
    return url


def _kind(url: str, stated: TargetKind | None, profile: SiteProfile) -> TargetKind:
    """Picture or page: the profile says, else the element, else the address's name."""
    if stated == "picture" or _matches(profile.picture_links, url):
        return "picture"
    if _matches(profile.page_links, url):
        return "page"
    if stated is None and picture_by_name(url):
        return "picture"
    return "page"


def _matches(patterns: tuple[str, ...], url: str) -> bool:
    return any(_compiled(pattern).search(url) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
