"""What attributes and scripts of any element name: lazy pictures, styles, event handlers, data for light boxes."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from crawler.contract.frontier import TargetKind
from spiders.addresses import css_urls, is_data, picture_by_name, quoted_pictures, srcset
from spiders.elements import Element, Found, Rule, inside_picture, of
from spiders.scripts import data_pictures, moves

_NO_PICTURE_TAGS = frozenset({"iframe", "frame", "video", "audio", "script", "track", "embed", "form", "button"})
_LAZY_PREFIXES = (
    *("data-src", "data-lazy", "data-original", "data-full", "data-large", "data-big", "data-hi", "data-zoom"),
    *("data-thumb", "data-image", "data-img", "data-pic", "data-photo", "data-bg", "data-background", "data-poster"),
)
_PAGE_PREFIXES = ("data-href", "data-next", "data-more")
_ADDRESS_NAMES = ("src", "href", "url", "link", "text")
_ROOTED = re.compile(
    r"(?:https?://|/|\.{1,2}/|\?[^=]{1,40}=|[\w./-]{1,200}\.(?:php|html?|aspx?|cgi|jsp|pl)\b)", re.IGNORECASE
)
_TEMPLATES = ("text/html", "text/template", "text/x-", "x-tmpl")


def attributes(element: Element) -> Iterator[Found]:
    """Every attribute that may hold an address beside those that have one by their nature."""
    for name, value in element.items():
        if name.startswith("data-"):
            for written, kind in _of_data(element, name, value):
                yield written, kind
        elif name == "style":
            for written in css_urls(value):
                yield written, "picture"
        elif (name.startswith("on") and name != "onsubmit") or (name == "href" and value[:11].lower() == "javascript:"):
            for written in moves(value):
                yield written, None


def scripted(element: Element) -> Iterator[Found]:
    """Pictures that an inline script, or JSON in one, names in full or holds; and where it sends the window."""
    text = element.text or ""
    for written in quoted_pictures(text):
        yield written, "picture"
    if "data:image" in text:
        for written in data_pictures(text):
            yield written, "picture"
    for written in moves(text):
        yield written, None


def styled(element: Element) -> Iterator[Found]:
    """`url(…)` in a `<style>` block, of what is named like a picture or is one: fonts are not."""
    for written in css_urls(element.text or ""):
        if picture_by_name(written) or written[:11].lower() == "data:image/":
            yield written, "picture"


def options(element: Element) -> Iterator[Found]:
    """Choices that are addresses: paging and jump menus send the window there."""
    value = element.get("value", "")
    if _ROOTED.match(value):
        yield value, None


def markup_of(element: Element) -> Iterator[str]:
    """HTML that is no part of the page until a script, or a frame, puts it there: spoilers, tool tips, templates."""
    for name, value in element.items():
        if (
            (name.startswith("data-") or name in {"srcdoc", "title"})
            and "<" in value
            and ("src" in value or "href" in value)
        ):
            yield value
    if element.tag == "script" and element.get("type", "").lower().startswith(_TEMPLATES):
        yield element.text or ""


def _of_data(element: Element, name: str, value: str) -> Iterator[Found]:
    """`data-src` and its many kin, from which scripts fill in the picture when it comes into view; rows to click on.

    Of the other `data-` attributes, of any element: what is named like a picture, alone or within JSON. Light boxes
    keep the picture to enlarge or to download there.
    """
    may_be_filled = element.tag not in _NO_PICTURE_TAGS and (element.tag != "source" or inside_picture(element))
    kind: TargetKind | None = "picture"
    if value.lstrip().startswith(("{", "[")):
        candidates = quoted_pictures(value)
    elif value.startswith(("%7B", "%7b", "%5B", "%5b")):
        candidates = quoted_pictures(unquote(value))
    elif may_be_filled and name.startswith(_LAZY_PREFIXES):
        candidates = [written for written in _candidates(name, value) if _looks_like_an_address(written)]
    elif picture_by_name(value):
        candidates = [value] if "/" in value or name.endswith(_ADDRESS_NAMES) else []
    elif name.startswith(_PAGE_PREFIXES) and _ROOTED.match(value):
        candidates, kind = [value], None
    else:
        candidates = []
    for written in candidates:
        yield written, kind


def _candidates(name: str, value: str) -> list[str]:
    if "set" in name:
        return srcset(value)
    return css_urls(value) if "url(" in value else [value]


def _looks_like_an_address(value: str) -> bool:
    """`data-lazy="true"` and `data-image="7"` are settings."""
    return "/" in value or picture_by_name(value) or is_data(value)


ANYWHERE: tuple[Rule, ...] = (
    Rule(attributes),
    of("script", scripted),
    of("style", styled),
    of("option", options),
)
"""The rules that hold on every site, after those of `elements`."""
