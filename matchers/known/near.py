"""Finds 256-bit hashes within a Hamming distance: exact, whatever the hashes look like. Pure, NumPy only.

A hash is cut into 16 chunks of 16 bits. Two hashes at most 31 bits apart have, somewhere, two neighbouring chunks
(the last one's neighbour is the first) of which the first differs in at most 1 bit and both together in at most 3.
Why: give each chunk an allowance of 2. The 16 differences d less their allowances sum to at most 31 - 32 < 0, so by
the cycle lemma (Dvoretzky and Motzkin, 1947) there is a chunk from which all partial sums of (d - 2) around the
circle are negative: d_i <= 1 and d_i + d_(i+1) <= 3. So one table a chunk is asked for the 17 values within 1 bit
(272 buckets in all), and of a bucket's entries only those whose next chunk fits are compared as a whole.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from crawler.contract.errors import ConfigError
from matchers.known.exact import Bytes2D, Numbers

MAX_DISTANCE: Final = 31
"""Beyond it the proof does not hold."""

_CHUNKS: Final = 16
_ALLOWANCE: Final = 2
_BUCKETS: Final = 1 << 16
_FLIPS: Final = np.array([0] + [1 << bit for bit in range(16)], dtype=np.uint16)

# PDQ's neighbouring bits go together, which would crowd some buckets. Any fixed order will do: distances stay.
_ORDER: Final = np.random.default_rng(31).permutation(256)

_FEWEST_INDEXED: Final = 250
"""Below, comparing with every entry is as fast as asking the tables (9 us a query each), and needs none."""
_BRUTE_CELLS: Final = 1 << 18
"""Pairs compared at once by brute force: 8 MiB of intermediate results."""
_CANDIDATES_AT_ONCE: Final = 1 << 20
"""Candidates looked at in one go: about 40 MiB of intermediate results, unless a single bucket holds more."""
_PERMUTED_AT_ONCE: Final = 1 << 15

Int64s = npt.NDArray[np.int64]
Pairs = tuple[Int64s, Int64s, Int64s]
"""Query rows, entries and distances in bits, pair by pair."""


class _Table:
    """The entries by one chunk. Bucket b holds `places[offsets[b]:offsets[b + 1]]`, beside each its next chunk."""

    def __init__(self, codes: npt.NDArray[np.uint16], chunk: int) -> None:
        keys = np.ascontiguousarray(codes[:, chunk])
        order = np.argsort(keys, kind="stable")
        self.places = order.astype(np.uint32)
        self.following = codes[order, (chunk + 1) % _CHUNKS]
        self.offsets = np.zeros(_BUCKETS + 1, dtype=np.uint32)
        self.offsets[1:] = np.cumsum(np.bincount(keys, minlength=_BUCKETS))

    @property
    def bytes_held(self) -> int:
        held: int = self.places.nbytes + self.following.nbytes + self.offsets.nbytes
        return held


class NearIndex:
    """About 136 bytes an entry and 4 MiB: the hash, its number, and in each of 16 tables a place and a chunk."""

    def __init__(self, hashes: Bytes2D, numbers: Numbers, *, distance: int) -> None:
        """`hashes` is n x 32, `numbers` the entry number of each row. Equal hashes may occur.

        Raises `ConfigError` for a distance that this index does not answer exactly.
        """
        if not 0 <= distance <= MAX_DISTANCE:
            raise ConfigError(f"[matching] distance must be 0 to {MAX_DISTANCE}: beyond it matches could be missed.")
        self._distance = distance
        self._numbers = numbers
        self._codes = _permuted(hashes)
        few = len(numbers) < _FEWEST_INDEXED
        self._tables = () if few else tuple(_Table(self._codes, chunk) for chunk in range(_CHUNKS))

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def bytes_held(self) -> int:
        """Memory of its arrays."""
        tables = sum(table.bytes_held for table in self._tables)
        return self._codes.nbytes + self._numbers.nbytes + tables

    def find(self, queries: Bytes2D) -> Pairs:
        """Every entry within the distance of each of m x 32 queries: none is missed, none is found twice.

        Query row, entry number and distance, pair by pair. Intermediate memory is bounded; the answer is as long
        as it must be.
        """
        codes = _permuted(queries)
        if not self._tables:
            rows, places, distances = self._compare_all(codes)
        else:
            pairs = [self._ask(table, chunk, codes) for chunk, table in enumerate(self._tables)]
            rows, places, distances = self._once(pairs)
        return rows, self._numbers[places], distances

    def _ask(self, table: _Table, chunk: int, codes: npt.NDArray[np.uint16]) -> Pairs:
        """Pairs within the distance that this table leads to."""
        buckets = codes[:, chunk, None] ^ _FLIPS
        begin = table.offsets[buckets].astype(np.int64)
        lengths = table.offsets[buckets.astype(np.int64) + 1] - begin
        following = codes[:, (chunk + 1) % _CHUNKS]
        found = []
        for part in _parts(lengths.sum(axis=1)):
            rows, places = self._fitting(table, begin[part], lengths[part], following[part])
            rows += part.start
            distances = self._distances(codes, rows, places)
            near = distances <= self._distance
            found.append((rows[near], places[near], distances[near]))
        return _joined(found)

    def _fitting(
        self,
        table: _Table,
        begin: Int64s,
        lengths: Int64s,
        following: npt.NDArray[np.uint16],
    ) -> tuple[Int64s, Int64s]:
        """Rows of these queries, and the entries in their buckets whose next chunk is near enough."""
        widths = lengths.ravel()
        ends = np.cumsum(widths)
        spots = np.arange(ends[-1] if len(ends) else 0)
        spots += np.repeat(begin.ravel() - (ends - widths), widths)
        per_query = lengths.sum(axis=1)
        apart = np.bitwise_count(table.following[spots] ^ np.repeat(following, per_query))
        # A coarse sieve; then, for the few it leaves, the distance of the probed bucket (0 or 1) counts too.
        kept = np.flatnonzero(apart <= 2 * _ALLOWANCE - 1)
        probe = np.searchsorted(ends, kept, "right")
        fits = apart[kept] + (probe % len(_FLIPS) > 0) <= 2 * _ALLOWANCE - 1
        kept, probe = kept[fits], probe[fits]
        return probe // len(_FLIPS), table.places[spots[kept]].astype(np.int64)

    def _distances(self, codes: npt.NDArray[np.uint16], rows: Int64s, places: Int64s) -> Int64s:
        differing = self._codes.view(np.uint64)[places] ^ codes.view(np.uint64)[rows]
        distances: Int64s = np.bitwise_count(differing).sum(axis=1, dtype=np.int64)
        return distances

    def _compare_all(self, codes: npt.NDArray[np.uint16]) -> Pairs:
        known, asked = self._codes.view(np.uint64), codes.view(np.uint64)
        step = max(1, _BRUTE_CELLS // max(1, len(known)))
        found: list[Pairs] = []
        for start in range(0, len(asked), step):
            differing = asked[start : start + step, None, :] ^ known[None, :, :]
            distances: Int64s = np.bitwise_count(differing).sum(axis=2, dtype=np.int64)
            rows, places = np.nonzero(distances <= self._distance)
            found.append((rows + start, places, distances[rows, places]))
        return _joined(found)

    def _once(self, found: Sequence[Pairs]) -> Pairs:
        """A pair may show in several tables: each is told once."""
        rows, places, distances = _joined(found)
        _, first = np.unique(rows * len(self._numbers) + places, return_index=True)
        return rows[first], places[first], distances[first]


def _permuted(hashes: Bytes2D) -> npt.NDArray[np.uint16]:
    """N x 16 chunks of the hashes' bits in `_ORDER`."""
    chunks = np.empty((len(hashes), _CHUNKS), dtype=np.uint16)
    for start in range(0, len(hashes), _PERMUTED_AT_ONCE):
        bits = np.unpackbits(hashes[start : start + _PERMUTED_AT_ONCE], axis=1)[:, _ORDER]
        chunks[start : start + _PERMUTED_AT_ONCE] = np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint16)
    return chunks


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


def _joined(found: Sequence[Pairs]) -> Pairs:
    if not found:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    rows, places, distances = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, places, distances
