"""Entries on their way from the store into an index: their numbers, and their veiled hashes, in plain arrays."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from matchers.contract.records import Algorithm, ExactAlgorithm
from matchers.known.exact import Bytes2D, Numbers
from matchers.veil import VEILED_DIGEST_BYTES, WIDTHS

EXACT: Final[tuple[ExactAlgorithm, ...]] = ("sha256", "sha1", "md5")
"""Strongest first."""
BITS64: Final[tuple[Algorithm, ...]] = ("phash", "dhash")
ALGORITHMS: Final[tuple[Algorithm, ...]] = (*EXACT, "pdq", *BITS64)


class Values(NamedTuple):
    """Entries of one algorithm, in no order, each once."""

    numbers: Numbers
    hashes: Bytes2D

    def without(self, gone: Numbers) -> "Values":
        """All but those whose numbers are in `gone`, which is sorted."""
        kept = ~among(gone, self.numbers)
        return self if kept.all() else Values(self.numbers[kept], self.hashes[kept])

    def and_also(self, others: "Values") -> "Values":
        """Both; where an entry is in both, the other's."""
        if not len(others.numbers):
            return self
        kept = self.without(np.sort(others.numbers))
        return Values(
            np.concatenate([kept.numbers, others.numbers]), np.concatenate([kept.hashes, others.hashes], axis=0)
        )


def gathered(blocks: Iterable[tuple[Sequence[int], bytes]], algorithm: Algorithm) -> Values:
    """What the store tells, block by block, as arrays; takes an eighth more memory than they do while they grow."""
    numbers, hashes = array("q"), bytearray()
    for some, joined in blocks:
        numbers.extend(some)
        hashes += joined
    return Values(
        np.frombuffer(numbers, dtype=np.int64) if numbers else np.empty(0, dtype=np.int64),
        np.frombuffer(hashes, dtype=np.uint8).reshape(-1, width(algorithm)),
    )


def width(algorithm: Algorithm) -> int:
    """Bytes of a veiled hash."""
    if algorithm == "pdq" or algorithm == "phash" or algorithm == "dhash":  # noqa: PLR1714 - mypy narrows this only
        return WIDTHS[algorithm]
    return VEILED_DIGEST_BYTES


def among(ordered: Numbers, asked: Numbers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each of `asked` whether it is in `ordered`, which is sorted."""
    if not len(ordered):
        return np.zeros(len(asked), dtype=np.bool_)
    places = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
    return np.asarray(ordered[places] == asked)
