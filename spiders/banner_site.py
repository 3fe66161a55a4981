"""Banner sites and top lists: nothing but links to elsewhere, most of them through a script that counts the click.

Addresses carried by a redirector's are found on any site (see `redirectors`); here are those shown in other ways.
"""

import re
from collections.abc import Iterator

from spiders.base import RuleSpider
from spiders.elements import Element, Found, Rule, of

_ADDRESS = re.compile(r"""https?://[^\s"'<>\\)]+""", re.IGNORECASE)
_SHOWN = ("title", "alt", "data-url", "data-site", "data-target", "data-original-url", "data-domain-url")


def shown_targets(element: Element) -> Iterator[Found]:
    """Where a link says that it leads: in the status line it writes on hovering, in its title, behind its `#`."""
    for name, value in element.items():
        if name.startswith("onmouse") or name in _SHOWN:
            for written in _ADDRESS.findall(value):
                yield written, None


def behind_fragments(element: Element) -> Iterator[Found]:
    """`/go.html#https://…`: a page whose script goes on to what stands behind the `#`."""
    for written in _ADDRESS.findall(element.get("href", "").partition("#")[2]):
        yield written, None


BANNER_SITE = RuleSpider(Rule(shown_targets), of("a area", behind_fragments))
