"""Pages that are empty until a script has run: told from pages that are short, or that scripts only embellish.

When in doubt a page is taken as it is: its links are followed, and a site whose pages all seem empty shows by its
expectations. What counts is what a person without scripts would see: words, links, pictures, something to fill in.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from spiders.addresses import absolute, quoted_pictures, refresh_url
from spiders.elements import Element, near, trees, words_in
from spiders.scripts import data_pictures, moves

_ASKS = re.compile(
    r"(?:enable|allow|activate|requires?|needs?|without|turn on|support|disabled|inschakelen|zonder)\b.{0,80}?"
    r"\bjava ?script"
    r"|java ?script\b.{0,80}?\b(?:enable|allow|activate|require|need|turn|support|disabled|nodig|aan|uit|ingeschakeld)",
    re.IGNORECASE,
)
_ROOTS = frozenset(
    "root app __next __nuxt __layout ___gatsby svelte main-app app-root react-root application q-app mount".split()
)
_UNSEEN = frozenset({"script", "style", "template", "title", "noscript", "svg"})
_CONTENT = frozenset("iframe frame video audio object embed input select textarea".split())
_FURNITURE = re.compile(
    r"logo|spinner|load|icon|splash|placeholder|pixel|blank|share|og[-_]|sprite|avatar|\.svg$", re.IGNORECASE
)
_COUNTERS = re.compile(
    r"analytics|gtag|gtm|matomo|piwik|plausible|count|stat|pixel|cookie|consent|beacon", re.IGNORECASE
)
_MOST_WORDS = 200
"""Characters of text, spaces left out, that a shell may have: "Loading…", a line about cookies."""
_MOST_LINKS = 3
"""Links that a shell may have: to its help, its terms."""
_MOST_IN_ROOT = 60
_ASKED_WITHIN = 2_000
_SMALL_DATA = 2_000


class _Seen:
    """What a person without scripts is shown."""

    def __init__(self) -> None:
        self.characters = 0
        self.links = 0
        self.something = False
        self.scripts: list[Element] = []
        self.asks = False
        self.root = False
        """Whether there is an element for a script to fill, empty but for a few words."""


def is_shell(root: Element, url: str) -> bool:
    """Whether the page has nothing to show until a script has run."""
    seen = _look(root, url)
    if seen.something or not seen.scripts or seen.characters > _MOST_WORDS:
        return False
    if seen.asks or seen.root:
        return seen.links <= _MOST_LINKS
    return seen.characters == seen.links == 0 and any(map(_makes_content, seen.scripts))


def _look(root: Element, url: str) -> _Seen:
    seen = _Seen()
    for element in _shown(root):
        seen.characters += _length(element.tail)
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if tag not in _UNSEEN:
            seen.characters += _length(element.text)
        _take(seen, element, url)
        if seen.something or seen.characters > _MOST_WORDS:
            break
    return seen


def _take(seen: _Seen, element: Element, url: str) -> None:
    match element.tag:
        case "a":
            seen.links += bool(element.get("href", "").strip(" #"))
        case "img":
            seen.something |= _is_content(element)
        case "meta":
            refreshes = element.get("http-equiv", "").lower() == "refresh"
            seen.something |= refreshes and refresh_url(element.get("content", "")) is not None
        case "script":
            seen.scripts.append(element)
            seen.something |= _tells(element.text or "")
        case "noscript":
            seen.asks |= _ASKS.search(_words(element)) is not None
            seen.something |= _offers_more(element, url)
        case tag if tag in _CONTENT:
            seen.something |= element.get("type", "").lower() != "hidden" and not _is_tiny(element)
        case _:
            seen.root |= _is_root(element)


def _shown(root: Element) -> Iterator[Element]:
    """The elements in the page's order, without what is inside those that are not shown."""
    waiting = trees(root)[::-1]
    while waiting:
        element = waiting.pop()
        yield element
        if element.tag not in _UNSEEN:
            waiting.extend(reversed(element))


def _length(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0


def _words(element: Element) -> str:
    text = " ".join(" ".join(words_in(element))[:_ASKED_WITHIN].split())
    return text if "<" not in text else re.sub(r"<[^<>]*+>", " ", text)


def _is_tiny(element: Element) -> bool:
    return element.get("width", "") in {"0", "1"} or element.get("height", "") in {"0", "1"}


def _is_content(picture: Element) -> bool:
    """Whether it is more than the page's own furniture, or a pixel that counts visits."""
    address = next((value for name in ("data-src", "src", "srcset") if (value := picture.get(name))), "")
    if _is_tiny(picture) or (address[:5].lower() == "data:" and len(address) < _SMALL_DATA):
        return False
    told = (address[:_SMALL_DATA].partition("?")[0], *(picture.get(name, "") for name in ("class", "id", "alt")))
    return not any(map(_FURNITURE.search, told))


def _tells(script: str) -> bool:
    """Whether a script names pictures or pages in a way that is read without running it."""
    named = (each for each in quoted_pictures(script) if not _FURNITURE.search(each))
    return any(True for _ in named) or bool(moves(script)) or any(len(d) > _SMALL_DATA for d in data_pictures(script))


def _offers_more(noscript: Element, url: str) -> bool:
    """Whether those without scripts are given links of the same site, or pictures, instead."""
    host = urlsplit(url).hostname
    for element in near(noscript):
        if element.tag not in {"a", "img"}:
            continue
        target = absolute(url, element.get("href" if element.tag == "a" else "src", ""))
        try:
            same = target is not None and urlsplit(target).hostname == host
        except ValueError:
            same = False
        if same and (element.tag == "a" or _is_content(element)):
            return True
    return False


def _is_root(element: Element) -> bool:
    named = element.get("id") in _ROOTS or element.tag.endswith(("-root", "-app"))
    if not named or any(each.tag in {"a", "img"} for each in near(element)):
        return False
    return sum(map(_length, words_in(element))) <= _MOST_IN_ROOT


def _makes_content(script: Element) -> bool:
    """Whether a script may be there for more than counting visits or asking about cookies."""
    source = script.get("src")
    if source is not None:
        return not _COUNTERS.search(source[:_SMALL_DATA])
    runs = script.get("type", "").lower() in {"", "module", "text/javascript", "application/javascript"}
    return runs and not _COUNTERS.search(script.text or "") and bool((script.text or "").strip())
