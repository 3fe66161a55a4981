"""Image hosts: albums of thumbnails that lead to viewer pages, and the codes with which others embed a picture."""

import re
from collections.abc import Iterator

from spiders.addresses import picture_by_name
from spiders.base import RuleSpider
from spiders.elements import Element, Found

_ADDRESS = re.compile(r"""https?://[^\s"'<>\[\]|]+""", re.IGNORECASE)


def embed_codes(element: Element) -> Iterator[Found]:
    """Addresses in the boxes to copy from (direct link, HTML, BBCode): a viewer's only link to the full picture."""
    if element.tag == "input" and element.get("type", "text").lower() in {"text", "url", "hidden"}:
        text = element.get("value", "")
    elif element.tag == "textarea":
        text = element.text or ""
    else:
        return
    for written in _ADDRESS.findall(text):
        if picture_by_name(written):
            yield written, "picture"


IMAGE_HOST = RuleSpider(embed_codes)
