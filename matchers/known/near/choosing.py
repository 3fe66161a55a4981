"""Which implementation answers: the compiled crate where it is installed, its NumPy twin elsewhere."""

import logging
from functools import cache
from pathlib import Path

import numpy as np

from crawler.contract import telemetry
from matchers.known.near.file import MOST_ENTRIES
from matchers.known.near.index import CODE_BYTES, ORDER_BYTES, Codes, Int64s, NearIndex
from matchers.known.near.plan import MAX_DISTANCE, require_distance
from matchers.known.near.twin import TwinIndex

LOG = logging.getLogger(__name__)


def native_available() -> bool:
    """Whether the compiled crate is installed here, for this processor and Python."""
    try:
        import zoeklicht_native  # noqa: F401, PLC0415 - may be missing
    except ImportError:
        return False
    return True


def build_near_index(
    codes: Codes,
    numbers: Int64s,
    *,
    distance: int = MAX_DISTANCE,
    order: bytes,
    native: bool | None = None,
    threads: int = 1,
) -> NearIndex:
    """An index of n x 32 codes, the i-th with entry number `numbers[i]`, each number once.

    `order` is the fingerprint of the veil that the codes went through: the index permutes nothing itself, and codes
    whose bits depend on their neighbours (as PDQ's do) make it slow, not wrong. About 136 bytes an entry and 4 MiB,
    and while it is built 8 bytes an entry and thread more. `native` forces one implementation. Raises `ConfigError`
    for a distance that could not be answered exactly, `ValueError` for arrays of another shape.
    """
    require_distance(distance)
    codes = np.ascontiguousarray(codes, dtype=np.uint8)
    numbers = np.ascontiguousarray(numbers, dtype=np.int64)
    if codes.ndim != 2 or codes.shape[1] != CODE_BYTES or numbers.shape != codes.shape[:1]:  # noqa: PLR2004 - n x 32
        raise ValueError("codes must be n x 32, with one number each")
    if len(order) != ORDER_BYTES or len(codes) > MOST_ENTRIES:
        raise ValueError(f"order must be {ORDER_BYTES} bytes long, and entries at most {MOST_ENTRIES}")
    if _goes_native(native):
        from matchers.known.near.native import NativeIndex  # noqa: PLC0415 - needs the crate, which may be missing

        return NativeIndex.built(codes, numbers, distance=distance, order=order, threads=threads)
    return TwinIndex.built(codes, numbers, distance=distance, order=order)


def open_near_index(path: Path, *, order: bytes, native: bool | None = None) -> NearIndex:
    """The index of a file, mapped: at once, however long it is, and processes share its memory.

    Whoever writes index files must replace them, never change them: `NearIndex.save` does. Raises `StoreRefusedError`
    saying what to do for a file that is missing, damaged, truncated or foreign, or of another version or order.
    """
    if _goes_native(native):
        from matchers.known.near.native import NativeIndex  # noqa: PLC0415 - needs the crate, which may be missing

        return NativeIndex.opened(path, order)
    return TwinIndex.opened(path, order)


def _goes_native(native: bool | None) -> bool:
    return _native_chosen() if native is None else native


@cache
def _native_chosen() -> bool:
    """Whether the crate answers by default; tells so once."""
    available = native_available()
    telemetry.gauge(telemetry.NATIVE_CORE).set(available)
    if not available:
        LOG.warning(
            "zoeklicht_native is not installed: near look-ups take several times as long. "
            "Install it with `pip install ./native` (needs a Rust compiler) or from its wheel."
        )
    return available
