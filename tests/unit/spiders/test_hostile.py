"""A page that is made to be slow to read costs in proportion to its size, and no more."""

import time

import pytest

from spiders.registry import SPIDERS
from tests.unit.spiders.reading import page

SIZE = 20_000

HOSTILE = [
    "<a href=x>",
    "<a href=x><div>",
    "<div>",
    '<div id="app">',
    "<noscript>java script ",
    "url(",
    'url("\\',
    "<p style='url(\"'>",
    "location = ",
    "location     ",
    'location="',
    'href="',
    '"/dl/dl/dl/',
    '"https:/',
    "'.jpg?",
    "data:image/png;a=b",
    "data:image\\/",
    "@import url( ",
    "http://",
    "https%253a",
    "aHR0c",
    "www.",
    "[img]http://",
    "<option value=/>",
    "\\u00",
    " ",
    "&lt;a href=",
    '"1":{"',
    '"threads": {',
    "enable ",
    "<img srcset='a,'>",
    "{",
]
IN = {
    "the page": "%s",
    "a script": "<script>%s</script>",
    "a style": "<style>%s</style>",
    "an address": "<a href='/x?u=%s'>x</a><img src='/x?u=%s'>",
    "an attribute": '<p data-x="%s" style="%s" onclick="%s" title="%s"></p>',
    "a noscript": "<noscript>%s</noscript><script></script>",
    "JSON": '<p data-src="{%s"></p>',
}


def seconds(html: str) -> float:
    began = time.process_time()
    for spider in SPIDERS.values():
        list(spider.links(page(html)))
        list(spider.embedded(page(html)))
        spider.needs_script(page(html))
        list(spider.links(page("", stylesheet=html)))
    return time.process_time() - began


@pytest.mark.parametrize("place", IN)
def test_hostile_pages_are_read_in_linear_time(place: str) -> None:
    for piece in HOSTILE:
        filling = piece.replace('"', "&quot;") if "=" in IN[place] else piece
        html = IN[place].replace("%s", filling * (SIZE // len(filling)))
        took = seconds(html)
        assert took < 2.0, f"{piece!r}: {took:.1f} s"
