"""A picture made smaller before PDQ, as the programs do that made some of the lists. One step of `hash_picture`.

PDQ at full resolution lies 10 bits on average (up to 30) from PDQ of the same picture made smaller, which a copy then
lacks of the 31 that it may differ (docs/recall.md).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crawler.contract.records import Preparation

_SIDE = 512


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
            places = np.arange(_SIDE)
            return luma[np.ix_(places * height // _SIDE, places * width // _SIDE)]
