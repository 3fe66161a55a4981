"""Finds 64-bit hashes (pHash, dHash) within 4 bits: exact, whatever the hashes look like. Pure, NumPy only.

A hash is cut into 5 chunks of 12 or 13 bits. Of two hashes at most 4 bits apart, at least one chunk is equal: 4
differing bits cannot touch all 5. So one table a chunk, asked for the one bucket that is equal, leads to all of them.
"""

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from matchers.known.exact import Bytes2D, Columns, Numbers, expand

BITS64_DISTANCE: Final = 4
"""The most bits that two of them may differ in and still support a hit."""

_SHIFTS: Final = (0, 13, 26, 39, 52)
_WIDTHS: Final = (13, 13, 13, 13, 12)
_CANDIDATES_AT_ONCE: Final = 1 << 20
"""Candidates looked at in one go: about 40 MiB of intermediate results, unless a single bucket holds more."""

Int64s = npt.NDArray[np.int64]
Pairs = tuple[Int64s, Numbers, Int64s]
"""Query rows, entry numbers and distances in bits, pair by pair."""


class Bits64Index:
    """36 bytes an entry: the hash, its number, and its place in each of 5 tables."""

    def __init__(self, columns: Columns) -> None:
        """Of what `columns` gave; it stays where it is, mapped or not."""
        self._codes = columns["codes"].view(np.uint64)
        self._numbers = columns["numbers"].view(np.int64)
        self._places = columns["places"].view(np.uint32)
        self._offsets = columns["offsets"].view(np.int64)

    @classmethod
    def built(cls, hashes: Bytes2D, numbers: Numbers) -> Self:
        """`hashes` is n x 8, `numbers` the entry number of each row, fewer than 2^32. Equal hashes may occur."""
        codes = _codes(hashes)
        places = np.empty((len(_SHIFTS), len(numbers)), dtype=np.uint32)
        offsets = np.zeros((len(_SHIFTS), (1 << _WIDTHS[0]) + 1), dtype=np.int64)
        for table, keys in enumerate(_chunks(codes)):
            places[table] = np.argsort(keys, kind="stable")
            offsets[table, 1:] = np.cumsum(np.bincount(keys, minlength=1 << _WIDTHS[0]))
        return cls({"codes": codes, "numbers": numbers, "places": places, "offsets": offsets})

    @property
    def columns(self) -> Columns:
        """All there is of it: what is made from them is the same index."""
        return {"codes": self._codes, "numbers": self._numbers, "places": self._places, "offsets": self._offsets}

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, queries: Bytes2D) -> Pairs:
        """Every entry within 4 bits of each of m x 8 queries: none is missed, none is found twice.

        Intermediate memory is bounded; the answer is as long as it must be.
        """
        codes = _codes(queries)
        found = [self._ask(table, keys, codes) for table, keys in enumerate(_chunks(codes))]
        rows, places = (np.concatenate(column) for column in zip(*found, strict=True))
        # A pair may show in several tables: each is told once.
        _, first = np.unique(rows * max(1, len(self._numbers)) + places, return_index=True)
        rows, places = rows[first], places[first]
        distances: Int64s = np.bitwise_count(self._codes[places] ^ codes[rows]).astype(np.int64)
        return rows, np.asarray(self._numbers[places]), distances

    def _ask(self, table: int, keys: Int64s, codes: npt.NDArray[np.uint64]) -> tuple[Int64s, Int64s]:
        """Rows and places of the pairs within the distance that this table leads to."""
        begin = self._offsets[table][keys]
        lengths = self._offsets[table][keys + 1] - begin
        kept: list[tuple[Int64s, Int64s]] = []
        for part in _parts(lengths):
            rows, spots = expand(begin[part], lengths[part])
            rows += part.start
            places = self._places[table][spots].astype(np.int64)
            near = np.bitwise_count(self._codes[places] ^ codes[rows]) <= BITS64_DISTANCE
            kept.append((rows[near], places[near]))
        if not kept:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        rows, places = (np.concatenate(column) for column in zip(*kept, strict=True))
        return rows, places


def _parts(weights: Int64s) -> list[slice]:
    """The rows cut into runs whose weights sum to `_CANDIDATES_AT_ONCE` at most, or that are a single row."""
    parts = []
    start = total = 0
    for row, weight in enumerate(weights.tolist()):
        if total + weight > _CANDIDATES_AT_ONCE and row > start:
            parts.append(slice(start, row))
            start, total = row, 0
        total += weight
    if start < len(weights):
        parts.append(slice(start, len(weights)))
    return parts


def _codes(hashes: Bytes2D) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(hashes).reshape(-1, 8).view("<u8").ravel().astype(np.uint64, copy=False)


def _chunks(codes: npt.NDArray[np.uint64]) -> list[Int64s]:
    return [
        ((codes >> np.uint64(shift)) & np.uint64((1 << width) - 1)).astype(np.int64)
        for shift, width in zip(_SHIFTS, _WIDTHS, strict=True)
    ]
