"""Finds digests that are equal: veiled md5, sha1, sha256, 16 bytes each. Pure; in memory or over a mapped file."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt

Bytes2D = npt.NDArray[np.uint8]
"""One hash a row."""
Numbers = npt.NDArray[np.int64]
Columns = Mapping[str, npt.NDArray[np.generic]]
"""An index as plain arrays, which is how it lies on disk."""

_WIDTH = 16


class DigestIndex:
    """Sorted by the digests' first 64 bits, which all but decide; the rest is compared. 24 bytes an entry."""

    def __init__(self, columns: Columns) -> None:
        """Of what `columns` gave; it stays where it is, mapped or not."""
        self._heads = columns["heads"].view(np.uint64)
        self._tails = columns["tails"].view(np.uint64)
        self._numbers = columns["numbers"].view(np.int64)

    @classmethod
    def built(cls, digests: Bytes2D, numbers: Numbers) -> Self:
        """`digests` is n x 16, `numbers` the entry number of each row. Equal digests may occur."""
        halves = _halves(digests)
        order = np.argsort(halves[:, 0], kind="stable")
        return cls({"heads": halves[order, 0], "tails": halves[order, 1], "numbers": numbers[order]})

    @property
    def columns(self) -> Columns:
        """All there is of it: what is made from them is the same index."""
        return {"heads": self._heads, "tails": self._tails, "numbers": self._numbers}

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, queries: Bytes2D) -> tuple[npt.NDArray[np.int64], Numbers]:
        """For m x 16 queries: rows of queries, and the entry number each equals, pair by pair."""
        halves = _halves(queries)
        heads = np.ascontiguousarray(halves[:, 0])
        begin = np.searchsorted(self._heads, heads, "left")
        # Nearly all of what is asked is not there: only the rest needs its other end.
        there = np.flatnonzero(begin < len(self._heads))
        there = there[self._heads[begin[there]] == heads[there]]
        begin = begin[there]
        rows, places = expand(begin, np.searchsorted(self._heads, heads[there], "right") - begin)
        rows = there[rows]
        equal = self._tails[places] == halves[rows, 1]
        return rows[equal], np.asarray(self._numbers[places[equal]])


def expand(
    begin: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ranges spelled out: for each place of each range the range's row, and the place."""
    rows = np.repeat(np.arange(len(begin)), lengths)
    ends = np.cumsum(lengths)
    places = np.arange(len(rows)) + np.repeat(begin - (ends - lengths), lengths)
    return rows, places


def _halves(digests: Bytes2D) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(digests).reshape(-1, _WIDTH).view("<u8").astype(np.uint64, copy=False)
