"""PDQ: 256 bits that say what a picture looks like, of its luma at full resolution. One step of `hash_picture`.

The algorithm is Meta's (ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm",
2019): blur with a tent filter, take 64x64 samples, a DCT, and a bit for each of 16x16 coefficients above the median.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crawler.hashing.native import native_core
from crawler.hashing.pdq_in_numpy import pdq_in_numpy

_BYTES = 32


class Pdq(NamedTuple):
    """PDQ of a picture."""

    bits: str
    """64 hex digits in the byte order of the reference implementation."""
    quality: int
    """0 to 100. Below 50 the picture has too few edges for the bits to mean much."""
    dihedral: tuple[str, ...]
    """PDQ of the seven turns and flips, in the order of `DIHEDRAL`; empty when not asked for."""

    def __repr__(self) -> str:
        return f"Pdq(quality={self.quality}, bits hidden)"


def pdq(luma: NDArray[np.uint8], *, dihedral: bool, native: bool | None = None) -> Pdq:
    """PDQ of a picture's luma, an array of height x width, and of its turns and flips.

    Bits and quality are those of the reference implementation on the same luma, and those of turns and flips what it
    says of the really turned picture (its own dihedral function does not: it changes signs in one DCT, though the
    samples are not taken symmetrically, which puts textures and small pictures up to 100 bits off). Where a
    coefficient lies within float rounding of the median, a bit may differ: in a plain area of one colour, of quality 0,
    all do, and where a side has 8 or 16 pixels, up to 20. A side under 5 pixels gives zeros and quality 0, as there.

    By the native core where it is installed, else by NumPy: the same bits on photographs and on noise, but for the two
    cases above. `native` forces one. The native core's answer is the same on every processor, it takes 0.5 MB beside
    the picture, and other threads run meanwhile: none of them may write to the array.
    """
    core = native_core(native)
    if core is None:
        bits, quality = pdq_in_numpy(luma, dihedral=dihedral)
    else:
        bits, quality = core.pdq(np.ascontiguousarray(luma), dihedral)
    upright, *turned = (bits[at : at + _BYTES].hex() for at in range(0, len(bits), _BYTES))
    return Pdq(upright, quality, tuple(turned))
