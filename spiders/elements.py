"""What one element of a page links to: a rule takes an element and gives what it says, still as written.

The rules here hold on every site; a site type adds its own.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from crawler.contract.frontier import TargetKind
from spiders.addresses import css_imports, picture_by_name, refresh_url, srcset

Element = Any
"""An lxml element; lxml ships no types."""

Found = tuple[str, TargetKind | None]
"""An address as written and what it leads to; None: to be told by the address."""


class Rule(NamedTuple):
    """What to read of which elements."""

    read: Callable[[Element], Iterator[Found]]
    tags: frozenset[str] | None = None
    """None: of every element."""


def of(tags: str, read: Callable[[Element], Iterator[Found]]) -> Rule:
    """A rule for elements with these tags."""
    return Rule(read, frozenset(tags.split()))


_META_PICTURES = frozenset({"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"})


def anchors(element: Element) -> Iterator[Found]:
    """A page, or a picture if its address, or the name under which it is to be saved, says so."""
    saved_as = element.get("download", "")
    yield element.get("href", ""), "picture" if picture_by_name(saved_as) else None


def frames(element: Element) -> Iterator[Found]:
    """Frames, lazily loaded ones too."""
    yield element.get("src", ""), None
    yield element.get("data-src", ""), None


def objects(element: Element) -> Iterator[Found]:
    """`<object>` and `<embed>` where they hold a picture."""
    written = element.get("data" if element.tag == "object" else "src", "")
    if picture_by_name(written) or element.get("type", "").lower().startswith("image/"):
        yield written, "picture"


def pictures(element: Element) -> Iterator[Found]:
    """`<img>` and `<svg><image>`, in all their sizes."""
    yield element.get("src", ""), "picture"
    for written in srcset(element.get("srcset", "")):
        yield written, "picture"
    if element.tag == "image":  # inside <svg>
        yield element.get("xlink:href") or element.get("href", ""), "picture"


def sources(element: Element) -> Iterator[Found]:
    """`<source>`: a picture's sizes inside `<picture>`, else a film."""
    if inside_picture(element):
        yield from pictures(element)
    elif not element.get("type", "").lower().startswith("audio/"):
        yield element.get("src", ""), "picture"


def films(element: Element) -> Iterator[Found]:
    """A film and the picture that stands for it. Films go with pictures: they, too, are known by their digests."""
    yield element.get("poster", ""), "picture"
    yield element.get("src", ""), "picture"


def picture_buttons(element: Element) -> Iterator[Found]:
    """`<input type=image>`."""
    if element.get("type", "").lower() == "image":
        yield element.get("src", ""), "picture"


def backgrounds(element: Element) -> Iterator[Found]:
    """The `background` of old."""
    yield element.get("background", ""), "picture"


def head_links(element: Element) -> Iterator[Found]:
    """`<link>`: next and previous page, style sheets, `image_src` and preloaded pictures."""
    relations = element.get("rel", "").lower().split()
    if "next" in relations or "prev" in relations or "stylesheet" in relations:
        yield element.get("href", ""), "page"
    elif "image_src" in relations or ("preload" in relations and element.get("as", "").lower() == "image"):
        yield element.get("href", ""), "picture"
        for written in srcset(element.get("imagesrcset", "")):
            yield written, "picture"


def head_entries(element: Element) -> Iterator[Found]:
    """`<meta>`: `og:image` and its kin, and where the page refreshes to."""
    name = (element.get("property") or element.get("name") or "").lower()
    if name in _META_PICTURES:
        yield element.get("content", ""), "picture"
    elif element.get("http-equiv", "").lower() == "refresh":
        yield refresh_url(element.get("content", "")) or "", "page"


def imports(element: Element) -> Iterator[Found]:
    """Style sheets that a `<style>` block imports."""
    for written in css_imports(element.text or ""):
        yield written, "page"


EVERYWHERE: tuple[Rule, ...] = (
    of("a area", anchors),
    of("iframe frame", frames),
    of("object embed", objects),
    of("img amp-img amp-anim image", pictures),
    of("source", sources),
    of("video", films),
    of("input", picture_buttons),
    of("body table tr td th", backgrounds),
    of("link", head_links),
    of("meta", head_entries),
    of("style", imports),
)
"""In the order in which they are asked of an element."""


def trees(root: Element) -> list[Element]:
    """The page's tree, and those of what stands after its `</html>`: browsers show that, too, lxml sets it apart.

    None when what was parsed is no tree (JSON, plain text).
    """
    return [root, *root.itersiblings()] if hasattr(root, "itersiblings") else []


NEAR = 40
"""Descendants of a link that are looked at: what a link is about stands at its beginning.

Without a bound, links nested in links would cost quadratic time.
"""


def near(element: Element) -> list[Element]:
    """The element and its first descendants, in the page's order."""
    return [each for each in islice(element.iter(), NEAR) if isinstance(each.tag, str)]


def words_in(element: Element) -> Iterator[str]:
    """The pieces of text among the first descendants of an element."""
    for each in near(element):
        if each.text:
            yield each.text
        if each is not element and each.tail:
            yield each.tail


def inside_picture(element: Element) -> bool:
    """Whether the element is a child of `<picture>`."""
    parent = element.getparent()
    return parent is not None and parent.tag == "picture"
