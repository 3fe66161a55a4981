"""A picture made smaller before PDQ, as the programs do that made some of the lists. One step of `hash_picture`.

PDQ at full resolution lies 10 bits on average (up to 30) from PDQ of the same picture made smaller, which a copy then
lacks of the 31 that it may differ (docs/recall.md).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crawler.contract.records import DIHEDRAL, Preparation
from crawler.hashing.pdq import Pdq, pdq

_SIDE = 512
_TRANSPOSED = DIHEDRAL.index("transposed")


def prepared(luma: NDArray[np.uint8], how: Preparation) -> NDArray[np.uint8] | None:
    """Height x width luma after this preparation; None if that is the picture as it is: both sides have 512 or less.

    `reduced_512` is Pillow's `Image.thumbnail((512, 512))`, 0 to 6 bits of PDQ from what other smoothing filters make
    of it. `squeezed_512` takes every n-th pixel, since the reference program does (pdq-photo-hasher, whose
    `CImg.resize` has no filter): the same bits as there, and up to 14 from what a smoothing filter would make of it.
    """
    height, width = luma.shape
    if max(height, width) <= _SIDE:
        return None
    match how:
        case "reduced_512":
            image = Image.fromarray(luma)
            image.thumbnail((_SIDE, _SIDE))
            return np.asarray(image)
        case "squeezed_512":
            return _squeezed(luma)


def pdq_prepared(luma: NDArray[np.uint8], how: Preparation, *, dihedral: bool) -> Pdq | None:
    """PDQ after this preparation (see `prepared`), and with `dihedral` that of each turn and flip, prepared then."""
    if how == "squeezed_512" and dihedral and max(luma.shape) > _SIDE:
        return _each_turn_squeezed(luma)
    smaller = prepared(luma, how)
    return None if smaller is None else pdq(smaller, dihedral=dihedral)


def _squeezed(luma: NDArray[np.uint8], *, upside_down: bool = False, mirrored: bool = False) -> NDArray[np.uint8]:
    rows, columns = (np.arange(_SIDE) * side // _SIDE for side in luma.shape)
    if upside_down:
        rows = luma.shape[0] - 1 - rows
    if mirrored:
        columns = luma.shape[1] - 1 - columns
    # Rows first: both at once takes four times as long.
    squeezed: NDArray[np.uint8] = luma.take(rows, axis=0).take(columns, axis=1)
    return squeezed


def _each_turn_squeezed(luma: NDArray[np.uint8]) -> Pdq:
    """Which pixels are taken depends on the end that is counted from: a squeezed mirror image has other ones."""
    upright, mirrored, upside_down, half_turned = (
        pdq(_squeezed(luma, upside_down=down, mirrored=across), dihedral=True)
        for down in (False, True)
        for across in (False, True)
    )
    turned = {
        "rotated_90": mirrored.dihedral[_TRANSPOSED],
        "rotated_180": half_turned.bits,
        "rotated_270": upside_down.dihedral[_TRANSPOSED],
        "flipped_vertical": upside_down.bits,
        "flipped_horizontal": mirrored.bits,
        "transposed": upright.dihedral[_TRANSPOSED],
        "anti_transposed": half_turned.dihedral[_TRANSPOSED],
    }
    return Pdq(upright.bits, upright.quality, tuple(turned[name] for name in DIHEDRAL))
