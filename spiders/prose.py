"""Addresses that people write out in their text: without a link, in BBCode that was not rendered, disguised."""

import re
from collections.abc import Iterator

from spiders.elements import Element, Found

_ADDRESS = re.compile(r"""\b(?:h(?:tt|xx|\*\*)ps?://|www\.)[^\s"'<>\[\]]+""", re.IGNORECASE)
_DISGUISED = re.compile(r"^h..p", re.IGNORECASE)
_TRAILING = ".,;:!?)*_"
_NOT_PROSE = frozenset({"script", "style", "a", "textarea", "option", "title"})


def plain_addresses(element: Element) -> Iterator[Found]:
    """Addresses in the element's own text, and in the text that follows it. `hxxp://` and `www.` are understood."""
    if element.tag not in _NOT_PROSE:
        yield from addresses(element.text)
    parent = element.getparent()
    if parent is not None and parent.tag not in _NOT_PROSE:
        yield from addresses(element.tail)


def addresses(text: str | None) -> Iterator[Found]:
    """The addresses of a text."""
    if text is None or ("/" not in text and "." not in text):
        return
    for written in _ADDRESS.findall(text):
        plain = written.rstrip(_TRAILING)
        yield (f"http://{plain}" if plain[:4].lower() == "www." else _DISGUISED.sub("http", plain)), None
