# What the crate offers to Python. `matchers/known/near` tells what an index promises.

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
import numpy.typing as npt

# Contiguous; n x 32 or flat, whatever fits.
_Bytes: TypeAlias = npt.NDArray[np.uint8]

# A file cannot be used as an index; its text says why.
class RefusedFileError(Exception): ...

@final
class HammingIndex:
    # Numbers are the bytes of int64. `simd` is one of `simd_paths()`; without it the best.
    @staticmethod
    def build(
        codes: _Bytes, numbers: _Bytes, *, distance: int, order: bytes, threads: int = 1, simd: str | None = None
    ) -> HammingIndex: ...
    @staticmethod
    def open(path: Path, *, order: bytes, simd: str | None = None) -> HammingIndex: ...
    def __len__(self) -> int: ...
    @property
    def distance(self) -> int: ...
    @property
    def order(self) -> bytes: ...
    @property
    def bytes_held(self) -> int: ...
    @property
    def simd(self) -> str: ...
    # Rows, numbers and distances, each the bytes of int64.
    def find(
        self, queries: _Bytes, *, distance: int, threads: int = 1, join: bool | None = None
    ) -> tuple[bytearray, bytearray, bytearray]: ...
    def find_one(self, code: bytes, distance: int) -> list[tuple[int, int]]: ...
    # Over a file that is there already.
    def write(self, path: Path) -> None: ...
    def close(self) -> None: ...

# The inner loops that this processor can run, best first.
def simd_paths() -> Sequence[str]: ...

# Luma is height x width, contiguous. Bits of the picture, with `dihedral` then of its seven turns; and the quality.
def pdq(luma: _Bytes, dihedral: bool) -> tuple[bytes, int]: ...

# 32 rows of 32 pixels, and 8 rows of 9, of the luma reduced by these factors.
def thumbnails(luma: _Bytes, across: int, down: int) -> tuple[bytes, bytes]: ...
