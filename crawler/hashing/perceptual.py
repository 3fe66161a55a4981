"""pHash and dHash: 64 bits each that support what PDQ says, and see crops that PDQ does not."""

from typing import NamedTuple

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SHORTER_SIDE = 256
"""Reduced by a whole factor, but no further: below, the hashes begin to move (and those of 128 pixels move much)."""
_LONGER_SIDE = 4096
"""A strip a few pixels high and millions wide is reduced along its length alone; its resampling would take GB."""


class Perceptual(NamedTuple):
    """16 hex digits each, as `imagehash` writes them."""

    phash: str
    dhash: str

    def __repr__(self) -> str:
        return "Perceptual(hidden)"


def perceptual(luma: NDArray[np.uint8]) -> Perceptual:
    """The pHash (Zauner 2010, as `imagehash.phash`) and dHash (`imagehash.dhash`) of height x width luma.

    Taken from a copy reduced by averaging boxes of whole pixels; a picture whose shorter side is under 512 as it is.
    """
    image = Image.fromarray(luma)
    factor = max(1, min(image.size) // _SHORTER_SIDE)
    across, down = (max(factor, side // _LONGER_SIDE) for side in image.size)
    small = image.reduce((across, down))
    return Perceptual(phash=str(imagehash.phash(small)), dhash=str(imagehash.dhash(small)))
