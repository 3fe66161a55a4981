"""Pictures for the sites that prove a feature: known ones in disguise, and ordinary ones to stand between them."""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

from PIL import Image

from zoeklicht.practice.items import Item, Likeness, Style
from zoeklicht.practice.likeness import distance, pdq_of
from zoeklicht.practice.pictures import encode, motif, paint, shrunk
from zoeklicht.practice.planting import SURELY_WITHIN, Original, ordinary_item, planted_item
from zoeklicht.practice.truth import Treatment

_ORDINARY_FROM = 600_000
"""Numbers of motifs."""
_WIDTH, _HEIGHT = 400, 300
_TREATMENTS: tuple[Treatment, ...] = ("identical", "reencoded", "resized")


class Small(NamedTuple):
    """A known picture in bytes of its own, for what stands inside of something else."""

    list_id: str
    data: bytes
    likeness: Likeness


class Supply:
    """Hands out pictures one after the other: the same ones in the same order for the same seed."""

    def __init__(self, known: Sequence[Original], seed: int) -> None:
        self._known = known
        self._seed = seed
        self._numbers = count()
        self.items: list[Item] = []
        """All that were handed out as items, for the shelf."""

    def planted(self, style: Style = "inline") -> Item:
        """A known picture, in one disguise or another; by default without a thumbnail."""
        while True:
            number = next(self._numbers)
            original, treatment = self._known[number % len(self._known)], _TREATMENTS[number % len(_TREATMENTS)]
            item = planted_item(original, treatment, style, self.code(number))
            if item is not None:
                self.items.append(item)
                return item

    def ordinary(self, style: Style = "inline") -> Item:
        """A picture that nobody knows."""
        number = next(self._numbers)
        what = motif(self._seed, _ORDINARY_FROM + number)._replace(width=_WIDTH, height=_HEIGHT, form="jpeg")
        item = ordinary_item(what, style, self.code(number))
        self.items.append(item)
        return item

    def identical(self) -> Small:
        """A known picture as it stands on the list."""
        original = self._known[next(self._numbers) % len(self._known)]
        return Small(original.entry.list_id, original.data, Likeness(treatment="identical", distance=0))

    def small(self, longest: int) -> Small:
        """A known picture as a small JPEG, `longest` pixels at its longer side."""
        while True:
            original = self._known[next(self._numbers) % len(self._known)]
            data = encode(shrunk(original.image, longest), "jpeg", quality=80)
            bits = distance(original.pdq, pdq_of(data))
            if bits <= SURELY_WITHIN:
                return Small(original.entry.list_id, data, Likeness(treatment="thumbnail", distance=bits))

    def original(self) -> Original:
        """A known picture itself."""
        return self._known[next(self._numbers) % len(self._known)]

    def image(self) -> Image.Image:
        """An ordinary picture before it is a file."""
        what = motif(self._seed, _ORDINARY_FROM + next(self._numbers))._replace(width=_WIDTH, height=_HEIGHT)
        return paint(what)

    def code(self, *parts: object) -> str:
        """A name that tells nothing."""
        return blake2b(repr((self._seed, "supply", *parts)).encode(), digest_size=5).hexdigest()
