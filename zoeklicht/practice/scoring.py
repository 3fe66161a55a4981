"""Scores a crawl of the practice web against its truth."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from crawler.contract.struct import Record
from zoeklicht.practice.places import plain
from zoeklicht.practice.truth import Need, Planted, Truth

Place = tuple[str, str | None]
"""Where a hit is: its address, and its path inside of what lies there."""


class Score(Record, frozen=True, kw_only=True):
    """How the hits of a crawl compare with the truth. Every field but the first two should be empty."""

    planted: int
    found: int
    missing: tuple[str, ...]
    """Planted addresses without a hit."""
    repeated: tuple[str, ...]
    """Addresses with more than one hit."""
    near_misses: tuple[str, ...]
    """Hits on pictures that lie beyond the distance."""
    forbidden: tuple[str, ...]
    """Hits at addresses that must not be asked for."""
    false: tuple[str, ...]
    """All other hits on what is not planted."""
    unproven: Mapping[str, int] = {}
    """The features whose plantings are among the missing, with how many; "basic" for those of the basic web."""

    @property
    def perfect(self) -> bool:
        """Every planted picture once, and nothing else."""
        return not (self.missing or self.repeated or self.near_misses or self.forbidden or self.false)


def score(truth: Truth, hits: Iterable[str | Place], *, met: Collection[Need] = ()) -> Score:
    """Compare the opened addresses of all hits, one for each hit, with the truth.

    A hit inside of something is a pair of its address and its path inside. Hosts may be spelled in any way. `met`: what
    was done that some plantings need; of the others of `Truth.later` none may be found.
    """
    pairs = ((hit, None) if isinstance(hit, str) else hit for hit in hits)
    counted = Counter((plain(url), inside) for url, inside in pairs)
    expected = {_place(each): each for each in (*truth.planted, *(each for each in truth.later if each.need in met))}
    forbidden = {plain(each.url) for each in truth.forbidden}
    near = {plain(each.url) for each in truth.near_misses}
    missing = sorted(expected.keys() - counted.keys(), key=_written)
    wrong = {place for place in counted if place not in expected}
    return Score(
        planted=len(expected),
        found=len(expected) - len(missing),
        missing=tuple(map(_written, missing)),
        repeated=tuple(sorted(_written(place) for place, times in counted.items() if times > 1)),
        near_misses=tuple(sorted(_written(place) for place in wrong if place[0] in near)),
        forbidden=tuple(sorted(_written(place) for place in wrong if place[0] in forbidden)),
        false=tuple(sorted(_written(place) for place in wrong if place[0] not in near | forbidden)),
        unproven=Counter(expected[place].feature or "basic" for place in missing),
    )


def _place(planted: Planted) -> Place:
    return plain(planted.url), planted.path_inside


def _written(place: Place) -> str:
    url, inside = place
    return url if inside is None else f"{url} : {inside}"
