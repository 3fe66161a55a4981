"""The HTML that the practice web's sites have in common."""

from collections.abc import Sequence
from html import escape

PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel, as scripts leave it where a picture is loaded later."""


def document(title: str, body: str, *, head: str = "") -> str:
    """A whole page."""
    return f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def link(url: str, inner: str) -> str:
    """A link around some HTML."""
    return f'<a href="{escape(url)}">{inner}</a>'


def thumbnail(url: str, number: int) -> str:
    """A small picture: as such, loaded later, or in one density among several."""
    shown = escape(url)
    return (
        f'<img src="{shown}" alt="">',
        f'<img class="lazy" src="{PLACEHOLDER}" data-src="{shown}" alt="">',
        f'<img srcset="{shown} 1x, {shown} 2x" alt="">',
    )[number % 3]


def pages_of(targets: Sequence[str], current: int) -> tuple[str, str]:
    """What a page of several says of the others: `<link rel=next>` for the head, numbered links for the body."""
    head = f'<link rel="next" href="{escape(targets[current + 1])}">' if current + 1 < len(targets) else ""
    near = range(max(0, current - 2), min(len(targets), current + 3))
    return head, "<nav>" + " ".join(link(targets[each], str(each + 1)) for each in near) + "</nav>"
