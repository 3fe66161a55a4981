"""pHash and dHash: 64 bits each that support what PDQ says, and see crops that PDQ does not."""

from typing import NamedTuple

import imagehash
import numpy as np
import scipy.fftpack
from numpy.typing import NDArray
from PIL import Image

from crawler.hashing.native import native_core

_SHORTER_SIDE = 256
"""Reduced by a whole factor, but no further: below, the hashes begin to move (and those of 128 pixels move much)."""
_LONGER_SIDE = 4096
"""A strip a few pixels high and millions wide is reduced along its length alone; its resampling would take GB."""
_BITS = 64


class Perceptual(NamedTuple):
    """16 hex digits each, as `imagehash` writes them."""

    phash: str
    dhash: str

    def __repr__(self) -> str:
        return "Perceptual(hidden)"


def perceptual(luma: NDArray[np.uint8], *, native: bool | None = None) -> Perceptual:
    """The pHash (Zauner 2010, as `imagehash.phash`) and dHash (`imagehash.dhash`) of height x width luma.

    Taken from a copy reduced by averaging boxes of whole pixels; a picture whose shorter side is under 512 as it is.
    By the native core where it is installed, which makes the same small pictures in a third of the time, else by
    Pillow: the same bits. `native` forces one.
    """
    height, width = luma.shape
    factor = max(1, min(height, width) // _SHORTER_SIDE)
    across, down = (max(factor, side // _LONGER_SIDE) for side in (width, height))
    core = native_core(native)
    if core is None:
        small = Image.fromarray(luma).reduce((across, down))
        return Perceptual(phash=str(imagehash.phash(small)), dhash=str(imagehash.dhash(small)))
    square, oblong = core.thumbnails(np.ascontiguousarray(luma), across, down)
    return Perceptual(
        phash=_phash(np.frombuffer(square, np.uint8).reshape(32, 32)),
        dhash=_dhash(np.frombuffer(oblong, np.uint8).reshape(8, 9)),
    )


def _phash(pixels: NDArray[np.uint8]) -> str:
    """As `imagehash.phash` of 32 x 32 pixels: the same transform and the same median, so the same bits of any."""
    low = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)[:8, :8]
    middle = np.partition(low, (_BITS // 2 - 1, _BITS // 2), axis=None)[_BITS // 2 - 1 : _BITS // 2 + 1]
    return np.packbits(low > middle.mean()).tobytes().hex()


def _dhash(pixels: NDArray[np.uint8]) -> str:
    """As `imagehash.dhash` of 8 rows of 9 pixels."""
    return np.packbits(pixels[:, 1:] > pixels[:, :-1]).tobytes().hex()
