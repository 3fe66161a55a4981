"""The near index in NumPy: the compiled one's oracle, and what takes its place where that is not installed.

Fast in batches only: a single look-up costs half a millisecond.
"""

import mmap
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from matchers.known.near.file import Header, read_header, refused, replacing
from matchers.known.near.index import Codes, Int64s, Pairs, as_codes
from matchers.known.near.plan import BUCKETS, CHUNKS, TablePlan, plan, require_within

_FLIPS: Final = np.array([0] + [1 << bit for bit in range(16)], dtype=np.uint16)
_BRUTE_CELLS: Final = 1 << 18
"""Pairs compared at once by brute force: 8 MiB of intermediate results."""
_QUERIES_AT_ONCE: Final = 1 << 14
"""Queries looked up in one go: about 10 MiB of intermediate results."""
_CANDIDATES_AT_ONCE: Final = 1 << 20
"""Candidates looked at in one go: about 40 MiB of intermediate results, unless a single bucket holds more."""

if sys.byteorder != "little":
    raise ImportError("near indexes are little-endian in memory and on disk")

Words = npt.NDArray[np.uint64]


class _Arrays:
    """The five sections as arrays, in memory or mapped."""

    def __init__(self, header: Header, sections: Sequence[npt.NDArray[np.uint8]]) -> None:
        offsets, following, places, codes, numbers = sections
        self.offsets = offsets.view(np.uint32).reshape(header.tables, BUCKETS + 1)
        self.following = following.view(np.uint16).reshape(header.tables, header.entries)
        self.places = places.view(np.uint32).reshape(header.tables, header.entries)
        self.codes = codes.view(np.uint64).reshape(header.entries, 4)
        self.numbers = numbers.view(np.int64)

    def sections(self) -> tuple[memoryview, ...]:
        arrays = (self.offsets, self.following, self.places, self.codes, self.numbers)
        return tuple(array.reshape(-1).view(np.uint8).data for array in arrays)


class TwinIndex:
    """A `NearIndex`: about 136 bytes an entry and 4 MiB."""

    def __init__(self, header: Header, arrays: _Arrays, path: Path | None) -> None:
        self._header = header
        self._arrays: _Arrays | None = arrays
        self._path = path

    @classmethod
    def built(cls, codes: Codes, numbers: Int64s, *, distance: int, order: bytes) -> Self:
        """Of n x 32 codes and n numbers, both contiguous; copies them."""
        header = Header(distance, order, len(codes), ())
        arrays = _Arrays(header, [np.empty(section.length, dtype=np.uint8) for section in header.sections])
        arrays.codes[:] = codes.view(np.uint64)
        arrays.numbers[:] = numbers
        chunks = arrays.codes.view(np.uint16)
        for table in range(header.tables):
            keys = np.ascontiguousarray(chunks[:, table])
            by_key = np.argsort(keys, kind="stable")
            arrays.places[table] = by_key
            arrays.following[table] = chunks[by_key, (table + 1) % CHUNKS]
            arrays.offsets[table, 0] = 0
            arrays.offsets[table, 1:] = np.cumsum(np.bincount(keys, minlength=BUCKETS))
        return cls(header, arrays, None)

    @classmethod
    def opened(cls, path: Path, order: bytes) -> Self:
        """Of a file, mapped. Raises `StoreRefusedError`."""
        header = read_header(path, order)
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise refused(path, f"it cannot be read ({error.strerror})") from None
        if len(mapped) != header.file_bytes:
            raise refused(path, "it changes while it is read")
        whole = np.frombuffer(mapped, dtype=np.uint8)
        arrays = _Arrays(header, [whole[each.offset : each.offset + each.length] for each in header.sections])
        ascending = (arrays.offsets[:, 1:] >= arrays.offsets[:, :-1]).all()
        if not ascending or (arrays.offsets[:, 0] != 0).any() or (arrays.offsets[:, -1] != header.entries).any():
            raise refused(path, "its offsets do not ascend")
        return cls(header, arrays, path)

    def __len__(self) -> int:
        return self._header.entries

    @property
    def distance(self) -> int:
        """The largest it answers, in bits."""
        return self._header.distance

    @property
    def order(self) -> bytes:
        """The fingerprint of the veil its codes went through."""
        return self._header.order

    @property
    def bytes_held(self) -> int:
        """Of its arrays, in memory or mapped."""
        return sum(section.length for section in self._header.sections)

    def find(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:  # noqa: ARG002 - as the port
        """As `NearIndex.find`; one thread, whatever is asked. Intermediate memory is bounded."""
        arrays = self._open_arrays()
        within = require_within(distance, self.distance)
        asked = as_codes(queries).view(np.uint64)
        found = []
        for start in range(0, len(asked), _QUERIES_AT_ONCE):
            rows, places, distances = self._find_some(arrays, asked[start : start + _QUERIES_AT_ONCE], within)
            found.append((rows + start, places, distances))
        rows, places, distances = _joined(found)
        numbers = arrays.numbers[places]
        told = np.lexsort((numbers, distances, rows))
        return rows[told], numbers[told], distances[told]

    def join(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:
        """As `find`."""
        return self.find(queries, distance=distance, threads=threads)

    def find_one(self, code: bytes, *, distance: int | None = None) -> list[tuple[int, int]]:
        """As `NearIndex.find_one`."""
        _, numbers, distances = self.find(np.frombuffer(code, dtype=np.uint8).reshape(1, -1), distance=distance)
        return list(zip(numbers.tolist(), distances.tolist(), strict=True))

    def save(self, path: Path) -> None:
        """As `NearIndex.save`."""
        arrays = self._open_arrays()
        padded = [
            (array, bytes(section.end - section.offset - section.length))
            for array, section in zip(arrays.sections(), self._header.sections, strict=True)
        ]
        checksums = tuple(zlib.crc32(padding, zlib.crc32(array)) for array, padding in padded)
        with replacing(path) as part, part.open("wb") as file:
            file.write(self._header._replace(checksums=checksums).packed())
            for array, padding in padded:
                file.write(array)
                file.write(padding)

    def close(self) -> None:
        """As `NearIndex.close`."""
        self._arrays = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_arrays(self) -> _Arrays:
        if self._arrays is None:
            raise ValueError("this near index is closed")
        return self._arrays

    def _find_some(self, arrays: _Arrays, asked: Words, within: int) -> Pairs:
        """Rows, places and distances, in no order."""
        if not self._header.tables:
            return _compare_all(arrays.codes, asked, within)
        pairs = [self._ask(arrays, table, asked, within) for table in plan(within)]
        return _once(pairs, len(self))

    def _ask(self, arrays: _Arrays, table: TablePlan, asked: Words, within: int) -> Pairs:
        """Pairs within the distance that this table leads to."""
        chunks = asked.view(np.uint16)
        offsets = arrays.offsets[table.chunk]
        flips = _FLIPS if table.neighbours else _FLIPS[:1]
        buckets = (chunks[:, table.chunk, None] ^ flips).astype(np.int64)
        begin = offsets[buckets].astype(np.int64)
        lengths = offsets[buckets + 1] - begin
        following = chunks[:, (table.chunk + 1) % CHUNKS]
        found = []
        for part in _parts(lengths.sum(axis=1)):
            rows, places = _fitting(arrays, table, begin[part], lengths[part], following[part])
            if len(places) and int(places.max()) >= len(self):
                raise refused(self._path or Path(), "it points beyond its entries")
            rows += part.start
            distances = _distances(arrays.codes[places], asked[rows])
            near = distances <= within
            found.append((rows[near], places[near], distances[near]))
        return _joined(found)


def _fitting(
    arrays: _Arrays, table: TablePlan, begin: Int64s, lengths: Int64s, following: npt.NDArray[np.uint16]
) -> tuple[Int64s, Int64s]:
    """Rows of these queries, and the entries in their buckets whose next chunk is near enough."""
    widths = lengths.ravel()
    ends = np.cumsum(widths)
    spots = np.arange(ends[-1] if len(ends) else 0)
    spots += np.repeat(begin.ravel() - (ends - widths), widths)
    apart = np.bitwise_count(arrays.following[table.chunk][spots] ^ np.repeat(following, lengths.sum(axis=1)))
    # A coarse sieve; then, for the few it leaves, the distance of the probed bucket (0 or 1) counts too.
    kept = np.flatnonzero(apart <= table.together)
    probe = np.searchsorted(ends, kept, "right")
    flips = lengths.shape[1]
    fits = apart[kept] + (probe % flips > 0) <= table.together
    kept, probe = kept[fits], probe[fits]
    return probe // flips, arrays.places[table.chunk][spots[kept]].astype(np.int64)


def _distances(codes: Words, others: Words) -> Int64s:
    distances: Int64s = np.bitwise_count(codes ^ others).sum(axis=-1, dtype=np.int64)
    return distances


def _compare_all(known: Words, asked: Words, within: int) -> Pairs:
    step = max(1, _BRUTE_CELLS // max(1, len(known)))
    found: list[Pairs] = []
    for start in range(0, len(asked), step):
        distances = _distances(asked[start : start + step, None, :], known[None, :, :])
        rows, places = np.nonzero(distances <= within)
        found.append((rows + start, places, distances[rows, places]))
    return _joined(found)


def _once(found: Sequence[Pairs], entries: int) -> Pairs:
    """A pair may show in several tables: each is told once."""
    rows, places, distances = _joined(found)
    _, first = np.unique(rows * entries + places, return_index=True)
    return rows[first], places[first], distances[first]


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
