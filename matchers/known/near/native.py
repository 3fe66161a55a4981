"""The near index in Rust, from the crate in `native/`, where it is installed."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import zoeklicht_native

from matchers.known.near.file import read_header, refused, replacing
from matchers.known.near.index import Codes, Int64s, Pairs, as_codes
from matchers.known.near.plan import require_within


class NativeIndex:
    """A `NearIndex`: about 136 bytes an entry and 4 MiB. Other threads run while it is built, opened or asked."""

    def __init__(self, index: zoeklicht_native.HammingIndex, path: Path | None) -> None:
        self._index = index
        self._path = path

    @classmethod
    def built(
        cls, codes: Codes, numbers: Int64s, *, distance: int, order: bytes, threads: int, simd: str | None = None
    ) -> Self:
        """Of n x 32 codes and n numbers, both contiguous; copies them. `simd` forces one of the crate's inner loops."""
        index = zoeklicht_native.HammingIndex.build(
            codes, numbers.view(np.uint8), distance=distance, order=order, threads=threads, simd=simd
        )
        return cls(index, None)

    @classmethod
    def opened(cls, path: Path, order: bytes) -> Self:
        """Of a file, mapped. Raises `StoreRefusedError`."""
        # Asked first for its texts; the crate checks all of it again, since it trusts nobody with its memory.
        read_header(path, order)
        try:
            return cls(zoeklicht_native.HammingIndex.open(path, order=order), path)
        except zoeklicht_native.RefusedFileError as error:
            raise refused(path, str(error)) from None

    def __len__(self) -> int:
        return len(self._index)

    @property
    def distance(self) -> int:
        """The largest it answers, in bits."""
        return self._index.distance

    @property
    def order(self) -> bytes:
        """The fingerprint of the veil its codes went through."""
        return self._index.order

    @property
    def bytes_held(self) -> int:
        """Of its arrays, in memory or mapped."""
        return self._index.bytes_held

    def find(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:
        """As `NearIndex.find`; goes bucket by bucket by itself where that is faster."""
        return self._asked(queries, distance, threads, join=None)

    def join(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:
        """As `NearIndex.join`."""
        return self._asked(queries, distance, threads, join=True)

    def find_one(self, code: bytes, *, distance: int | None = None) -> list[tuple[int, int]]:
        """As `NearIndex.find_one`."""
        try:
            return self._index.find_one(code, require_within(distance, self.distance))
        except zoeklicht_native.RefusedFileError as error:
            raise refused(self._path or Path(), str(error)) from None

    def save(self, path: Path) -> None:
        """As `NearIndex.save`."""
        with replacing(path) as part:
            self._index.write(part)

    def close(self) -> None:
        """As `NearIndex.close`."""
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _asked(self, queries: Codes, distance: int | None, threads: int, *, join: bool | None) -> Pairs:
        within = require_within(distance, self.distance)
        try:
            rows, numbers, distances = self._index.find(as_codes(queries), distance=within, threads=threads, join=join)
        except zoeklicht_native.RefusedFileError as error:
            raise refused(self._path or Path(), str(error)) from None
        return np.frombuffer(rows, np.int64), np.frombuffer(numbers, np.int64), np.frombuffer(distances, np.int64)
