"""Which implementation of hashing's inner loops is used: the native core, where it is installed, or the NumPy twins."""

import logging
from functools import cache
from importlib import import_module
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from crawler.contract.telemetry import NATIVE_CORE, gauge

LOG = logging.getLogger(__name__)
_NAME = "zoeklicht_native"


class NativeCore(Protocol):
    """What hashing uses of the crate in `native/`. Luma is a contiguous array of height x width."""

    def pdq(self, luma: NDArray[np.uint8], dihedral: bool, /) -> tuple[bytes, int]:
        """Eight times 32 bytes, or once, and the quality."""
        ...

    def thumbnails(self, luma: NDArray[np.uint8], across: int, down: int, /) -> tuple[bytes, bytes]:
        """32 rows of 32 pixels, and 8 rows of 9, of the luma reduced by these factors."""
        ...


def native_core(wanted: bool | None = None) -> NativeCore | None:
    """The native core; None where it is not installed, or not wanted. Raises `ImportError` where it must be there."""
    if wanted is None:
        return _found()
    return _imported() if wanted else None


def warn_without_native_core() -> None:
    """Log, once in a process, that hashing is slower than it could be, and set the metric that tells of it."""
    _warn_once()


def forget() -> None:
    """Look for it anew, and warn anew. For tests."""
    _found.cache_clear()
    _warn_once.cache_clear()


@cache
def _found() -> NativeCore | None:
    """None, too, for one that was built for another processor or Python."""
    try:
        return _imported()
    except ImportError:
        return None


def _imported() -> NativeCore:
    return cast("NativeCore", import_module(_NAME))


@cache
def _warn_once() -> None:
    found = _found() is not None
    gauge(NATIVE_CORE).set(found)
    if not found:
        LOG.warning(
            "zoeklicht_native is not installed, or not for this machine: hashing takes up to twice as long. "
            "Install it with `pip install ./native` (needs a Rust compiler) or from its wheel."
        )
