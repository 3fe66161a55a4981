"""What the parsers of all site types share: read a page by rules, make its links absolute, tell pictures from pages.

Each site type is a `RuleSpider` with rules of its own beside those that hold anywhere.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from parsel import Selector

from crawler.contract.frontier import TargetKind
from crawler.contract.pages import EmbeddedPicture, Link, Page
from crawler.contract.sites import SiteProfile
from spiders import embedded
from spiders.addresses import absolute, is_data, picture_by_name
from spiders.attributes import ANYWHERE, markup_of
from spiders.elements import EVERYWHERE, Element, Rule, trees
from spiders.hints import hint_of, merged
from spiders.prose import plain_addresses
from spiders.redirectors import resized, unwrapped
from spiders.shells import is_shell
from spiders.stylesheets import found_in

_MARKUP_NESTING = 2
_MAY_HOLD_DATA = (
    "boolean(//@*[contains(., 'ata:') or contains(., 'ATA:')]"
    " | //style[contains(., 'ata:') or contains(., 'ATA:')] | //script[contains(., 'ata:image')])"
)


class _Mention(NamedTuple):
    """An address as it stands somewhere on the page."""

    written: str
    kind: TargetKind | None
    element: Element | None


class RuleSpider:
    """A `SiteSpider` that asks its rules of every element of the page."""

    def __init__(self, *own: Rule) -> None:
        """`own`: what this site type does that not every site does. They are asked after those that hold anywhere."""
        rules = (*EVERYWHERE, *ANYWHERE, Rule(plain_addresses), *own)
        tags = frozenset(tag for rule in rules for tag in rule.tags or ())
        self._of_any = tuple(rule.read for rule in rules if rule.tags is None)
        self._of_tag = {
            tag: tuple(rule.read for rule in rules if rule.tags is None or tag in rule.tags) for tag in tags
        }

    def links(self, page: Page) -> list[Link]:
        """Every link and picture of the page, absolute, each address once, where it first stands.

        An address that is used for a picture anywhere on the page is a picture. An address inside another one
        (a redirector's) comes right after it. Never raises over what a page says, and leaves nothing out: the crawler
        judges, and counts what it does not follow. Pictures that the page holds itself are `embedded`'s; `data:` comes
        back for those beyond its limit, and for data that is no picture.
        """
        root = page.selector.root
        base = page.url if page.stylesheet is not None else _base(root, page.url)
        gathering = _Gathering(page.profile)
        held: dict[str, None] = {}
        for mention in self._mentions(page):
            if _is_embedded(mention):
                held[mention.written] = None
                continue
            url = absolute(base, mention.written)
            if url is not None:
                gathering.add(url, mention)
        if embedded.beyond(tuple(held)):
            gathering.add("data:", _Mention("", "picture", None))
        return gathering.links()

    def embedded(self, page: Page) -> Iterator[EmbeddedPicture]:
        """The pictures that the page itself holds as `data:` addresses, each once, decoded as they are asked for.

        `embedded.MOST_PICTURES` at most. What is no picture after all, or broken, comes as far as it could be
        decoded, so that it is counted.
        """
        if page.stylesheet is None and not _may_hold_data(page.selector):
            return iter(())
        held = dict.fromkeys(mention.written for mention in self._mentions(page) if _is_embedded(mention))
        return embedded.pictures(held)

    def needs_script(self, page: Page) -> bool:
        """Whether the page has nothing to show until a script has run; when in doubt, it has not."""
        return page.stylesheet is None and is_shell(page.selector.root, page.url)

    def _mentions(self, page: Page) -> Iterator[_Mention]:
        if page.stylesheet is not None:
            for written, kind in found_in(page.stylesheet):
                yield _Mention(written, kind, None)
        else:
            yield from self._on(page.selector.root, _MARKUP_NESTING)

    def _on(self, root: Element, nesting: int) -> Iterator[_Mention]:
        for element in _elements(root):
            for read in self._of_tag.get(element.tag, self._of_any):
                for written, kind in read(element):
                    yield _Mention(written, kind, element)
            if nesting:
                for markup in markup_of(element):
                    yield from self._on(Selector(markup, type="html").root, nesting - 1)


class _Gathering:
    """Addresses of one page as they come in, each once."""

    def __init__(self, profile: SiteProfile) -> None:
        self._profile = profile
        self._kinds: dict[str, TargetKind] = {}
        self._hints: dict[str, str | None] = {}
        self._inner: set[str] = set()
        """Addresses that so far stood inside of others only: the words there are about the others."""

    def add(self, url: str, mention: _Mention) -> None:
        """Take an address in, and those inside of it."""
        kind = _kind(url, mention.kind, self._profile)
        self._note(url, kind)
        hint = None if mention.element is None else hint_of(mention.element)
        # A link to a place on a page is about that place: "reply" may stand beside a topic's every post.
        if hint is not None and "#" not in mention.written:
            known = None if url in self._inner else self._hints.get(url)
            self._hints[url] = hint if known is None or known == hint else merged((known, hint))
        self._inner.discard(url)
        carried = unwrapped(url)
        if mention.kind == "picture" and (shown := resized(url)) is not None:
            carried.append(shown)
        for each in carried:
            if each not in self._kinds:
                self._inner.add(each)
                self._hints[each] = hint
            self._note(each, _kind(each, mention.kind, self._profile))

    def _note(self, url: str, kind: TargetKind) -> None:
        if url not in self._kinds or kind == "picture":
            self._kinds[url] = kind

    def links(self) -> list[Link]:
        """What came in, in order."""
        return [Link(url=url, kind=kind, hint=self._hints.get(url)) for url, kind in self._kinds.items()]


def _elements(root: Element) -> Iterator[Element]:
    """The elements in the page's order."""
    for tree in trees(root):
        for element in tree.iter():
            if isinstance(element.tag, str):  # comments and processing instructions have a function there
                yield element


def _is_embedded(mention: _Mention) -> bool:
    """Whether it is a picture that the page holds itself."""
    if not is_data(mention.written):
        return False
    return mention.kind == "picture" or mention.written.lstrip()[:11].lower() == "data:image/"


def _may_hold_data(selector: Selector) -> bool:
    """A quick look, since most pages hold no data: one pass in C instead of all rules once more."""
    return hasattr(selector.root, "xpath") and bool(selector.root.xpath(_MAY_HOLD_DATA))


def _base(root: Element, url: str) -> str:
    """The address against which the page's links are resolved: the first `<base href>`, else its own."""
    for tree in trees(root):
        for element in tree.iter("base"):
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
