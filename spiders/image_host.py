"""Image hosts: albums of thumbnails that lead to viewer pages, and the codes with which others embed a picture.

Short links (`/i/abc`) are pages like any other: where they redirect to, and what comes back, is seen when asked for.
"""

import re
from collections.abc import Iterator

from spiders.addresses import picture_by_name
from spiders.base import RuleSpider
from spiders.elements import Element, Found, of

_ADDRESS = re.compile(r"""https?://[^\s"'<>\[\]|()]+""", re.IGNORECASE)
_COPIED = ("data-clipboard-text", "data-copy", "data-text", "data-code", "data-embed")


def embed_codes(element: Element) -> Iterator[Found]:
    """Addresses in the boxes to copy from (direct link, HTML, BBCode): a viewer's only link to the full picture."""
    if element.tag == "textarea":
        yield from _pictures(element.text or "")
    elif element.get("type", "text").lower() in {"text", "url", "hidden"}:
        yield from _pictures(element.get("value", ""))


def copied_codes(element: Element) -> Iterator[Found]:
    """The same where a button copies them."""
    for name in _COPIED:
        yield from _pictures(element.get(name, ""))


def _pictures(text: str) -> Iterator[Found]:
    for written in _ADDRESS.findall(text):
        if picture_by_name(written):
            yield written, "picture"


IMAGE_HOST = RuleSpider(of("input textarea", embed_codes), of("button a span div input i", copied_codes))
