"""What one element of a page links to: a rule takes an element and gives what it says, still as written.

The rules here hold on every site; a site type adds its own.
"""

from collections.abc import Callable, Iterator
from typing import Any

from crawler.contract.frontier import TargetKind
from spiders.addresses import css_urls, picture_by_name, quoted_pictures, refresh_url, srcset

Element = Any
"""An lxml element; lxml ships no types."""

Found = tuple[str, TargetKind | None]
"""An address as written and what it leads to; None: to be told by the address."""

Rule = Callable[[Element], Iterator[Found]]

_PICTURE_TAGS = frozenset({"img", "amp-img", "amp-anim", "image"})
_NO_PICTURE_TAGS = frozenset({"iframe", "frame", "video", "audio", "script", "track", "embed", "form", "button"})
_LAZY_PREFIXES = (
    *("data-src", "data-lazy", "data-original", "data-full", "data-large", "data-big", "data-hi", "data-zoom"),
    *("data-thumb", "data-image", "data-img", "data-pic", "data-photo", "data-bg", "data-background", "data-poster"),
)
_ADDRESS_NAMES = ("src", "href", "url", "link")
_META_PICTURES = frozenset({"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"})


def anchors(element: Element) -> Iterator[Found]:
    """`<a>` and `<area>`: a page, or a picture if its address says so."""
    if element.tag in {"a", "area"}:
        yield element.get("href", ""), None


def frames(element: Element) -> Iterator[Found]:
    """`<iframe>` and `<frame>`, lazily loaded ones too; `<object>` and `<embed>` where they hold a picture."""
    if element.tag in {"iframe", "frame"}:
        yield element.get("src", ""), None
        yield element.get("data-src", ""), None
    elif element.tag in {"object", "embed"}:
        written = element.get("data" if element.tag == "object" else "src", "")
        if picture_by_name(written) or element.get("type", "").lower().startswith("image/"):
            yield written, "picture"


def pictures(element: Element) -> Iterator[Found]:
    """`<img>`, `<picture><source>`, `<svg><image>`, `<video poster>`, `<input type=image>`, `background`."""
    tag = element.tag
    if tag in _PICTURE_TAGS or (tag == "input" and element.get("type", "").lower() == "image"):
        yield element.get("src", ""), "picture"
    if tag in _PICTURE_TAGS or (tag == "source" and _inside_picture(element)):
        for written in srcset(element.get("srcset", "")):
            yield written, "picture"
    if tag == "image":  # inside <svg>
        yield element.get("xlink:href") or element.get("href", ""), "picture"
    if tag == "video":
        yield element.get("poster", ""), "picture"
    if tag in {"body", "table", "tr", "td", "th"}:
        yield element.get("background", ""), "picture"


def lazy_pictures(element: Element) -> Iterator[Found]:
    """`data-src` and its many kin, from which scripts fill in the picture when it comes into view.

    Of the other `data-` attributes, of any element: what is named like a picture, alone or within JSON. Light boxes
    keep the picture to enlarge or to download there.
    """
    may_be_filled = element.tag not in _NO_PICTURE_TAGS and (element.tag != "source" or _inside_picture(element))
    for name, value in element.items():
        if not name.startswith("data-"):
            continue
        if value.lstrip().startswith(("{", "[")):
            candidates = quoted_pictures(value)
        elif may_be_filled and name.startswith(_LAZY_PREFIXES):
            candidates = [written for written in _candidates(name, value) if _looks_like_an_address(written)]
        else:
            candidates = [value] if picture_by_name(value) and ("/" in value or name.endswith(_ADDRESS_NAMES)) else []
        for written in candidates:
            yield written, "picture"


def scripted_pictures(element: Element) -> Iterator[Found]:
    """Pictures that an inline script, or JSON in one, names in full: some galleries are nothing else."""
    if element.tag == "script":
        for written in quoted_pictures(element.text or ""):
            yield written, "picture"


def styled_pictures(element: Element) -> Iterator[Found]:
    """`url(…)` in a style attribute; in a `<style>` block only what is named like a picture (fonts are not)."""
    style = element.get("style")
    if style:
        for written in css_urls(style):
            yield written, "picture"
    if element.tag == "style":
        for written in css_urls(element.text or ""):
            if picture_by_name(written):
                yield written, "picture"


def head_links(element: Element) -> Iterator[Found]:
    """`<link rel=next|prev>`, `image_src` and preloaded pictures, `og:image` and its kin, `<meta refresh>`."""
    if element.tag == "link":
        relations = element.get("rel", "").lower().split()
        if "next" in relations or "prev" in relations:
            yield element.get("href", ""), "page"
        elif "image_src" in relations or ("preload" in relations and element.get("as", "").lower() == "image"):
            yield element.get("href", ""), "picture"
            for written in srcset(element.get("imagesrcset", "")):
                yield written, "picture"
    elif element.tag == "meta":
        name = (element.get("property") or element.get("name") or "").lower()
        if name in _META_PICTURES:
            yield element.get("content", ""), "picture"
        elif element.get("http-equiv", "").lower() == "refresh":
            yield refresh_url(element.get("content", "")) or "", "page"


EVERYWHERE: tuple[Rule, ...] = (
    anchors,
    frames,
    pictures,
    lazy_pictures,
    scripted_pictures,
    styled_pictures,
    head_links,
)
"""The rules that hold on every site, in the order in which they are asked of an element."""


def _inside_picture(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "picture"


def _candidates(name: str, value: str) -> list[str]:
    if "set" in name:
        return srcset(value)
    return css_urls(value) if "url(" in value else [value]


def _looks_like_an_address(value: str) -> bool:
    """`data-lazy="true"` and `data-image="7"` are settings."""
    return "/" in value or picture_by_name(value)
