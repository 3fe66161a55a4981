"""A batch of pictures as the indexes are asked for it: every digest and every view, veiled once, in plain arrays."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from crawler.contract.records import DIHEDRAL, ImageSeen, Preparation
from matchers.contract.records import Algorithm, ExactAlgorithm, NearAlgorithm
from matchers.known.exact import Bytes2D
from matchers.veil import Veil

_PREPARATIONS: tuple[Preparation | None, ...] = (None, "reduced_512", "squeezed_512")


class Place(NamedTuple):
    """How an entry was found. The least is the best: what counts, then the nearest, upright, in full resolution."""

    weak: bool = False
    """The view's PDQ quality is too low to say much."""
    distance: int = 0
    view: int = 0
    """0 as it is, i + 1 the i-th of `DIHEDRAL`."""
    preparation: int = 0
    """0 in full resolution."""

    @property
    def turned(self) -> str | None:
        """As `Match.turned`."""
        return DIHEDRAL[self.view - 1] if self.view else None

    @property
    def prepared(self) -> Preparation | None:
        """As `Match.prepared`."""
        return _PREPARATIONS[self.preparation]


class Asked(NamedTuple):
    """Hashes to look for, one a row, each with the picture it is of."""

    hashes: Bytes2D
    """Veiled."""
    pictures: Sequence[int]
    """Of each row its picture's place in the batch."""
    places: Sequence[Place]
    """Of each row how it would be told at distance 0."""

    def rows(self, start: int, end: int) -> "Asked":
        """These of them."""
        return Asked(self.hashes[start:end], self.pictures[start:end], self.places[start:end])


def digests_asked(seen: Sequence[ImageSeen], algorithm: ExactAlgorithm, veil: Veil) -> Asked:
    """One digest of every picture."""
    plain = [bytes.fromhex(getattr(each.digests, algorithm)) for each in seen]
    return Asked(veil.digests(algorithm, plain), range(len(seen)), [Place()] * len(seen))


def views_asked(seen: Sequence[ImageSeen], veil: Veil, *, min_quality: int, dihedral: bool) -> Asked:
    """PDQ of every picture that was decoded: as it is, with `dihedral` turned too; and the same of its preparations."""
    texts: list[str] = []
    pictures: list[int] = []
    places: list[Place] = []
    for picture, each in enumerate(seen):
        looks = each.looks
        if looks is None:
            continue
        sources = [(0, looks.pdq, looks.pdq_quality, looks.pdq_dihedral)]
        sources += [
            (_PREPARATIONS.index(other.how), other.pdq, other.pdq_quality, other.pdq_dihedral)
            for other in looks.prepared
        ]
        for preparation, upright, quality, turned in sources:
            weak = quality < min_quality
            views = (upright, *turned) if dihedral else (upright,)
            texts += views
            pictures += [picture] * len(views)
            places += _places(weak, preparation, len(views))
    return Asked(veil.near("pdq", _matrix(texts, 32)), pictures, places)


@cache
def _places(weak: bool, preparation: int, views: int) -> tuple[Place, ...]:
    """Of so many views of a picture; made once, since making them takes longer than all else here."""
    return tuple(Place(weak, 0, view, preparation) for view in range(views))


def bits64_asked(seen: Sequence[ImageSeen], algorithm: Algorithm, veil: Veil) -> Asked:
    """The pHash or dHash of every picture that was decoded."""
    which: NearAlgorithm = "phash" if algorithm == "phash" else "dhash"
    looks = [(picture, each.looks) for picture, each in enumerate(seen) if each.looks is not None]
    texts: list[str] = [getattr(one, which) for _, one in looks]
    return Asked(veil.near(which, _matrix(texts, 8)), [picture for picture, _ in looks], [Place()] * len(looks))


def _matrix(texts: Sequence[str], width: int) -> Bytes2D:
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, width)
