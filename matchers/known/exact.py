"""Finds digests that are equal: md5, sha1, sha256. Pure; built once from a version of the known set."""

import numpy as np
import numpy.typing as npt

Bytes2D = npt.NDArray[np.uint8]
"""One hash a row."""
Numbers = npt.NDArray[np.int64]


class DigestIndex:
    """Sorted by the digests' first 64 bits, which all but decide; the rest is compared. 16 bytes an entry and the
    digest itself.
    """

    def __init__(self, digests: Bytes2D, numbers: Numbers) -> None:
        """`digests` is n x width, `numbers` the entry number of each row. Equal digests may occur."""
        heads = _heads(digests)
        order = np.argsort(heads, kind="stable")
        self._heads = heads[order]
        self._digests = digests[order]
        self._numbers = numbers[order]

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, queries: Bytes2D) -> tuple[npt.NDArray[np.int64], Numbers]:
        """For m x width queries: rows of queries, and the entry number each equals, pair by pair."""
        heads = _heads(queries)
        begin = np.searchsorted(self._heads, heads, "left")
        lengths = np.searchsorted(self._heads, heads, "right") - begin
        rows, places = expand(begin, lengths)
        equal = (self._digests[places] == queries[rows]).all(axis=1)
        return rows[equal], self._numbers[places[equal]]


def expand(
    begin: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ranges spelled out: for each place of each range the range's row, and the place."""
    rows = np.repeat(np.arange(len(begin)), lengths)
    ends = np.cumsum(lengths)
    places = np.arange(len(rows)) + np.repeat(begin - (ends - lengths), lengths)
    return rows, places


def _heads(digests: Bytes2D) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(digests[:, :8]).view(np.uint64).ravel()
