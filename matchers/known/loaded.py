"""One version of the known set, ready to be asked: a generation, and what has changed since it was built."""

from collections.abc import Sequence

import numpy as np

from crawler.contract.records import ImageSeen
from matchers.contract.records import Algorithm, ExactAlgorithm
from matchers.known.asking import Asked, Place, bits64_asked, digests_asked, views_asked
from matchers.known.exact import Numbers
from matchers.known.generations.indexes import Indexes
from matchers.known.generations.opening import Generation
from matchers.known.generations.overlay import Overlay
from matchers.known.generations.values import BITS64, EXACT, among
from matchers.known.near import Pairs
from matchers.known.nearest import MOST_ENTRIES, ROWS_AT_ONCE, nearest, tell_left_out
from matchers.known.recent import RecentAnswers
from matchers.veil import Veil

_Layer = tuple[Indexes, Numbers | None]
"""Indexes, and the entries in them that do not count."""
_Places = list[dict[int, Place]]
FoundEntries = tuple[tuple[int, Place], ...]
"""Entry numbers, each with how it was found at its best."""


class LoadedVersion:
    """Immutable but for the answers it remembers; what it maps goes when the last answer that uses it is given."""

    def __init__(self, generation: Generation | None, overlay: Overlay, recent: RecentAnswers[FoundEntries]) -> None:
        self.generation = generation
        self.overlay = overlay
        self.recent = recent
        self.version = overlay.version

    def __len__(self) -> int:
        built = len(self.generation.indexes) if self.generation else 0
        # Without a generation there is nothing to mask; with one, an entry that came and went after it is not in it.
        masked = len(self.overlay.removed) if self.generation else 0
        return max(len(self.overlay.indexes), built + len(self.overlay.indexes) - masked)

    def find(
        self, seen: Sequence[ImageSeen], veil: Veil, *, distance: int, min_quality: int, dihedral: bool, threads: int
    ) -> list[FoundEntries]:
        """For each picture every entry that it matches, none missed, each once at its best place.

        Of more than `MOST_ENTRIES` the nearest are told and the others counted.
        """
        layers: list[_Layer] = [(self.overlay.indexes, None)]
        if self.generation is not None:
            layers.append((self.generation.indexes, self.overlay.removed))
        found: _Places = [{} for _ in seen]
        for algorithm in EXACT:
            _find_digests(found, seen, algorithm, veil, [each for each in layers if len(each[0].digests[algorithm])])
        near = [each for each in layers if len(each[0].pdq)]
        if near:
            asked = views_asked(seen, veil, min_quality=min_quality, dihedral=dihedral)
            for indexes, removed in near:
                for start in range(0, len(asked.hashes), ROWS_AT_ONCE):
                    part = asked.rows(start, start + ROWS_AT_ONCE)
                    _note(found, part, indexes.pdq.find(part.hashes, distance=distance, threads=threads), removed)
        for support in BITS64:
            _find_bits64(found, seen, support, veil, [each for each in layers if len(each[0].bits64[support])])
        return [_bounded(each) for each in found]


def _bounded(entries: dict[int, Place]) -> FoundEntries:
    told = tuple(entries.items())
    if len(told) <= MOST_ENTRIES:
        return told
    tell_left_out(len(told) - MOST_ENTRIES)
    return tuple(sorted(told, key=lambda each: (each[1], each[0]))[:MOST_ENTRIES])


def _find_digests(
    found: _Places, seen: Sequence[ImageSeen], algorithm: ExactAlgorithm, veil: Veil, layers: Sequence[_Layer]
) -> None:
    if layers:
        asked = digests_asked(seen, algorithm, veil)
        for indexes, removed in layers:
            rows, numbers = indexes.digests[algorithm].find(asked.hashes)
            _note(found, asked, (rows, numbers, np.zeros_like(rows)), removed)


def _find_bits64(
    found: _Places, seen: Sequence[ImageSeen], algorithm: Algorithm, veil: Veil, layers: Sequence[_Layer]
) -> None:
    if layers:
        asked = bits64_asked(seen, algorithm, veil)
        for indexes, removed in layers:
            _note(found, asked, indexes.bits64[algorithm].find(asked.hashes), removed)


def _note(found: _Places, asked: Asked, pairs: Pairs, removed: Numbers | None) -> None:
    """Keep each entry's best place, unless it is masked."""
    rows, numbers, distances = pairs
    if removed is not None and len(removed) and len(numbers):
        kept = ~among(removed, numbers)
        rows, numbers, distances = rows[kept], numbers[kept], distances[kept]
    before = len(rows)
    rows, numbers, distances = nearest((rows, numbers, distances))
    tell_left_out(before - len(rows))
    for row, number, distance in zip(rows.tolist(), numbers.tolist(), distances.tolist(), strict=True):
        place = asked.places[row]._replace(distance=distance)
        entries = found[asked.pictures[row]]
        known = entries.get(number)
        if known is None or place < known:
            entries[number] = place
