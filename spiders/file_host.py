"""File hosts: a landing page, a waiting page, and at last the file, most often an archive.

A file is told by its bytes when it is fetched, so all links lead to pages here. Waiting pages are not waited for: the
link that they show at the end stands in them from the start. Those that want a form sent are left alone.
"""

import re
from collections.abc import Iterator

from spiders.base import RuleSpider
from spiders.elements import Element, Found, Rule, of
from spiders.redirectors import address_in
from spiders.scripts import hrefs

_KEPT_IN = frozenset(
    "data-href data-url data-link data-download data-download-url data-file data-file-url data-target-url "
    "data-location data-redirect data-mirror data-direct".split()
)
_ADDRESS = re.compile(r"(?:https?:/)?/[^\s\"'<>{}]{2,2000}", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'`])((?:https?:)?\\?/[^"'`<>\s{}]{1,1500}+)\1""", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:zip|rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|cb[zr7]|\d{3})(?:$|\?)"
    r"|/(?:download|dl|get|d|file|f)/.",
    re.IGNORECASE,
)


def kept_links(element: Element) -> Iterator[Found]:
    """Links that a countdown's script takes from an attribute, of buttons too, in base64 or in clear."""
    for name, value in element.items():
        if name in _KEPT_IN:
            if _ADDRESS.fullmatch(value):
                yield value, None
            elif (carried := address_in(value)) is not None:
                yield carried, None


def scripted_links(element: Element) -> Iterator[Found]:
    """Links that a countdown's script holds itself: alone in quotes, or in the markup that it shows at the end."""
    text = element.text or ""
    for written in hrefs(text):
        yield written, None
    for _, quoted in _QUOTED.findall(text):
        written = quoted.replace("\\/", "/")
        if _FILE.search(written):
            yield written, None


FILE_HOST = RuleSpider(Rule(kept_links), of("script", scripted_links))
