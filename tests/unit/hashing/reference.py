"""The reference implementation of PDQ, and distances."""

from collections.abc import Callable

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

TURNS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "rotated_90": np.rot90,
    "rotated_180": lambda luma: np.rot90(luma, 2),
    "rotated_270": lambda luma: np.rot90(luma, 3),
    "flipped_vertical": np.flipud,
    "flipped_horizontal": np.fliplr,
    "transposed": np.transpose,
    "anti_transposed": lambda luma: np.rot90(luma, 2).T,
}
"""What the names of `DIHEDRAL` mean, in NumPy's terms."""


def reference_pdq(pixels: NDArray[np.uint8]) -> tuple[str, int]:
    """Bits in hex and quality, of luma (height x width) or RGB (height x width x 3)."""
    colour = np.repeat(pixels[:, :, np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
    bits, quality = pdqhash.compute(np.ascontiguousarray(colour))
    return np.packbits(bits).tobytes().hex(), int(quality)


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def luma_of(picture: Image.Image, *, longest: int | None = None) -> NDArray[np.uint8]:
    """Grey, and shrunk where `longest` is given."""
    grey = picture.convert("L")
    if longest is not None:
        grey.thumbnail((longest, longest))
    return np.asarray(grey)
