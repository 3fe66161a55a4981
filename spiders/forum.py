"""Forums: boards, topics and posts, in which people link: with thumbnails, attachments, and addresses as plain text."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from spiders.base import RuleSpider
from spiders.elements import Element, Found

_ATTACHMENT = re.compile(r"attach|picture|photo|image|img|original|full[-_]?size|download|dlattach", re.IGNORECASE)
_ADDRESS = re.compile(r"""\bh(?:tt|xx)ps?://[^\s"'<>\[\]]+""", re.IGNORECASE)
_TRAILING = ".,;:!?)*_"
_NOT_PROSE = frozenset({"script", "style", "a", "textarea", "option"})


def attachments(element: Element) -> Iterator[Found]:
    """A link around a thumbnail leads to the picture itself if its address speaks of an attachment."""
    if element.tag == "a" and next(element.iter("img"), None) is not None:
        written = element.get("href", "")
        try:
            parts = urlsplit(written)
        except ValueError:
            return
        if _ATTACHMENT.search(f"{parts.path}?{parts.query}") and not parts.path.endswith((".html", ".htm")):
            yield written, "picture"


def plain_addresses(element: Element) -> Iterator[Found]:
    """Addresses written out in a post without a link, in BBCode that was not rendered, or disguised as `hxxp://`."""
    if element.tag not in _NOT_PROSE:
        yield from _addresses(element.text)
    parent = element.getparent()
    if parent is not None and parent.tag not in _NOT_PROSE:
        yield from _addresses(element.tail)


def _addresses(text: str | None) -> Iterator[Found]:
    for written in _ADDRESS.findall(text or ""):
        yield re.sub(r"^hxxp", "http", written.rstrip(_TRAILING), flags=re.IGNORECASE), None


FORUM = RuleSpider(attachments, plain_addresses)
