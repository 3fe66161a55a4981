"""A page that is made to be slow to read costs in proportion to its size, and no more."""

import time

import pytest

from spiders import banner_site, file_host, forum, image_board, image_host
from spiders.base import RuleSpider
from spiders.elements import Rule, of
from tests.unit.spiders.reading import page

SIZE = 40_000

EVERYTHING = RuleSpider(
    of("a", forum.attachments),
    of("a", image_board.files),
    of("script", image_board.catalogue),
    of("input textarea", image_host.embed_codes),
    Rule(image_host.copied_codes),
    Rule(file_host.kept_links),
    of("script", file_host.scripted_links),
    Rule(banner_site.shown_targets),
    of("a", banner_site.behind_fragments),
)
"""What all types of sites do, at once."""

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
    EVERYTHING.links(page(html))
    list(EVERYTHING.embedded(page(html)))
    EVERYTHING.needs_script(page(html))
    EVERYTHING.links(page("", stylesheet=html))
    return time.process_time() - began


@pytest.mark.parametrize("place", IN)
def test_hostile_pages_are_read_in_linear_time(place: str) -> None:
    for piece in HOSTILE:
        filling = piece.replace('"', "&quot;") if "=" in IN[place] else piece
        html = IN[place].replace("%s", filling * (SIZE // len(filling)))
        took = seconds(html)
        assert took < 1.0, f"{piece!r}: {took:.1f} s"
