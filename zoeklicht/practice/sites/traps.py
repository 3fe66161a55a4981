"""Traps: pages that lead to ever more pages. Each ends at last, so that a crawler in it does, too."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qsl, urlencode

from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.hanging import Hanging, PracticeSite, Profile, profile
from zoeklicht.practice.markup import document, link
from zoeklicht.practice.touched import Touches

CALENDAR = "127.0.0.40"
REPETITION = "127.0.0.41"
FACETS = "127.0.0.42"
NEAR_IDENTICAL = "127.0.0.43"

_DEPTH = 3
"""A trap ends after so many times the requests that one who notices it makes: enough to tell, and soon over."""
_MONTHS = 12
_FACETS = {
    "colour": ("red", "blue", "green", "black"),
    "size": ("s", "m", "l", "xl"),
    "make": ("ada", "bell", "cole"),
    "sort": ("new", "old", "name"),
    "view": ("list", "grid"),
}
_MONTH = re.compile(r"/calendar\?month=(\d{4})-(\d{2})")
_LINES = "".join(f"<p>Line {number} of what every page here says, over and over again.</p>" for number in range(12))

Further = Callable[[str], str | None]
"""From a trap's address to the page there; None: it is none of the trap's."""


def hang_calendar(hanging: Hanging) -> None:
    """A month leads to the one before and the one after. This month and the last one show pictures.

    Whoever goes no further than a year ahead and 50 links back asks for 63 of them.
    """
    hanging.robots(CALENDAR)
    month = hanging.today.year * _MONTHS + hanging.today.month - 1
    shown = {month - back: hanging.shown(CALENDAR) for back in range(2)}

    def further(target: str) -> str | None:
        found = _MONTH.fullmatch(target)
        if not found:
            return None
        here = int(found[1]) * _MONTHS + int(found[2]) - 1
        if not _MONTHS < here < (date.max.year - 1) * _MONTHS:
            return None
        ways = link(_month(here - 1), "earlier") + link(_month(here + 1), "later")
        # No month says what another says: it takes a look at the dates to see that this never ends.
        days = "".join(f"<td>{day} {here * 31 + day:x}</td>" for day in range(1, 31))
        return document("Calendar", f"{ways}<table><tr>{days}</tr></table>{shown.get(here, '')}")

    hanging.page(CALENDAR, "/", "Events", link(_month(month), "calendar"))
    _trap(hanging, CALENDAR, "calendar", further, at_most=80)


def _month(number: int) -> str:
    return f"/calendar?month={number // _MONTHS:04}-{number % _MONTHS + 1:02}"


def hang_repetition(hanging: Hanging) -> None:
    """Relative links that lead ever deeper, since the server does not mind what stands before."""
    hanging.robots(REPETITION)

    def further(target: str) -> str | None:
        if not re.fullmatch(r"/(photos/|albums/)+", target):
            return None
        return document("Photos", link("photos/" if target.endswith("albums/") else "albums/", "more"))

    shown = hanging.page(REPETITION, "/photos/summer.html", "Summer", hanging.shown(REPETITION))
    hanging.page(REPETITION, "/", "Photos", link(shown, "summer") + link("photos/", "photos"))
    _trap(hanging, REPETITION, "repetition", further, at_most=20)


def hang_facets(hanging: Hanging) -> None:
    """A list that can be narrowed and sorted in every combination, each with an address of its own."""
    hanging.robots(FACETS)
    plain = hanging.shown(FACETS, planted=2)

    def further(target: str) -> str | None:
        path, _, query = target.partition("?")
        if path != "/shop" or not query:
            return None
        chosen = dict(parse_qsl(query))
        if any(value not in _FACETS.get(name, ()) for name, value in chosen.items()):
            return None
        return document("Shop", plain + _narrowing(chosen))

    hanging.page(FACETS, "/shop", "Shop", plain + _narrowing({}))
    hanging.page(FACETS, "/", "Welcome", link("/shop", "shop"))
    _trap(hanging, FACETS, "facets", further, at_most=300)


def _narrowing(chosen: dict[str, str]) -> str:
    """Links to the same list with one more choice, or another; as written, in the order of choosing."""
    ways = ({**chosen, name: value} for name, values in _FACETS.items() for value in values)
    return "".join(link(f"/shop?{urlencode(way)}", "narrow") for way in ways if way != chosen)


def hang_near_identical(hanging: Hanging) -> None:
    """Pages that differ in a number, each of which leads to two others."""
    hanging.robots(NEAR_IDENTICAL)

    def further(target: str) -> str | None:
        found = re.fullmatch(r"/item/(\d{1,9})", target)
        if not found:
            return None
        here = int(found[1])
        ways = ((here * step + 12_345) % 999_999_937 for step in (31, 37))
        return document(
            "Item", f"<h1>Item {here}</h1>{_LINES}" + "".join(link(f"/item/{way}", "other") for way in ways)
        )

    real = hanging.page(NEAR_IDENTICAL, "/about", "About", hanging.shown(NEAR_IDENTICAL))
    hanging.page(NEAR_IDENTICAL, "/", "Items", link("/item/7", "first") + link(real, "about"))
    _trap(hanging, NEAR_IDENTICAL, "near_identical", further, at_most=100)


def _trap(hanging: Hanging, address: str, feature: Feature, further: Further, *, at_most: int) -> None:
    hanging.trapped_at_most[feature] = at_most

    def make(_: Touches) -> "_Trap":
        return _Trap(feature, further, _DEPTH * at_most)

    hanging.answers.rule(address, make)


class _Trap:
    def __init__(self, feature: Feature, further: Further, pages: int) -> None:
        self._feature = feature
        self._further = further
        self._left = pages

    def __call__(self, asked: Asked, answer: Answer | None) -> Answer | None:
        page = self._further(asked.target) if answer is None else None
        if page is None:
            return answer
        self._left -= 1
        if self._left < 0:
            return Answer("trap", 404, feature=self._feature)
        return Answer("trap", body=page.encode(), feature=self._feature)


def _profiles(name: str, host: str) -> Callable[[int], list[Profile]]:
    return lambda port: [profile(name, "other", host, port)]


SITES = (
    PracticeSite("calendar", (CALENDAR,), hang_calendar, _profiles("calendar", CALENDAR)),
    PracticeSite("repetition", (REPETITION,), hang_repetition, _profiles("repetition", REPETITION)),
    PracticeSite("facets", (FACETS,), hang_facets, _profiles("facets", FACETS)),
    PracticeSite("near_identical", (NEAR_IDENTICAL,), hang_near_identical, _profiles("near-identical", NEAR_IDENTICAL)),
)
"""In the order of this file."""
