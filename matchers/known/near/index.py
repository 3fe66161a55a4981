"""What a near index promises, whichever implementation answers."""

from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

CODE_BYTES: Final = 32
ORDER_BYTES: Final = 16

Codes = npt.NDArray[np.uint8]
"""N x 32: one code a row, as the veil gives them."""
Int64s = npt.NDArray[np.int64]
Pairs = tuple[Int64s, Int64s, Int64s]
"""Query rows, entry numbers and distances in bits, pair by pair, sorted by row, then distance, then number."""


class NearIndex(Protocol):
    """Codes of 256 bits, each with an entry number; immutable and thread-safe.

    Exact: every pair of a query and an entry within the distance asked is told once, none is missed, none is beyond.
    Equal codes may occur. Every method but `close` raises `ValueError` after `close`, `find`, `join` and `find_one`
    raise `StoreRefusedError` where an opened file turns out to be damaged.
    """

    @property
    def distance(self) -> int:
        """The largest distance in bits that it answers."""

    @property
    def order(self) -> bytes:
        """16 bytes: the fingerprint of the veil its codes went through."""

    @property
    def bytes_held(self) -> int:
        """Of its arrays, be they in memory of its own or mapped from a file."""

    def __len__(self) -> int: ...

    def find(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:
        """All entries within `distance` (as built, unless it is said) of each of m x 32 queries.

        A smaller distance is answered with fewer probes. Raises `ConfigError` for a larger one than was built for.
        """

    def join(self, queries: Codes, *, distance: int | None = None, threads: int = 1) -> Pairs:
        """As `find`, bucket by bucket instead of query by query: the faster way for tens of thousands of queries."""

    def find_one(self, code: bytes, *, distance: int | None = None) -> list[tuple[int, int]]:
        """Entry number and distance of all entries near one code of 32 bytes, nearest first."""

    def save(self, path: Path) -> None:
        """Write the index to a file readable by its owner only; at `path` stands the whole file or what was there."""

    def close(self) -> None:
        """Give the memory back as soon as look-ups under way have ended. May be called again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def as_codes(queries: Codes) -> Codes:
    """M x 32, contiguous. Raises `ValueError` for another shape."""
    queries = np.ascontiguousarray(queries, dtype=np.uint8)
    if queries.ndim != 2 or queries.shape[1] != CODE_BYTES:  # noqa: PLR2004 - rows and columns
        raise ValueError("codes must be m x 32")
    return queries
