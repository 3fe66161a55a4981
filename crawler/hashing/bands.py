"""The tent filter and the sampling of PDQ as one banded matrix an axis, cut into slabs that hold few zeros.

PDQ runs a box filter twice along each axis and then keeps 64 samples. All of that is linear and separable, so an axis
of n pixels is one matrix of 64 x n whose row i is nonzero for about n/32 pixels around sample i only.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLES = 64
_ROWS = 4
"""Samples a slab. Neighbouring rows overlap: fewer rows convert pixels more often, more rows multiply more zeros."""
_LONGEST_KEPT = 8_192
"""Longer axes are made anew each time: the slabs of one axis take up to 40 bytes a pixel."""


class Slab(NamedTuple):
    """The part of the matrix that makes samples `first` to `last` of pixels `begin` to `end` (ends excluded)."""

    first: int
    last: int
    begin: int
    end: int
    weights: NDArray[np.float32]
    """(last - first) x (end - begin); twice as many rows, if the mirrored axis was asked for too, its rows last."""


def band(length: int, *, mirrored: bool) -> tuple[Slab, ...]:
    """The matrix for an axis of `length` pixels, at least 1, as slabs in order.

    With `mirrored`, also the matrix that samples the axis read backwards. The filter and the choice of samples lean to
    one side by up to a pixel, so it is not the same. Its rows stand where their pixels are: the last sample first.
    """
    return _kept(length, mirrored=mirrored) if length <= _LONGEST_KEPT else _made(length, mirrored=mirrored)


@lru_cache(maxsize=256)
def _kept(length: int, *, mirrored: bool) -> tuple[Slab, ...]:
    return _made(length, mirrored=mirrored)


def _made(length: int, *, mirrored: bool) -> tuple[Slab, ...]:
    return tuple(_slab(length, first, first + _ROWS, mirrored=mirrored) for first in range(0, SAMPLES, _ROWS))


def _slab(length: int, first: int, last: int, *, mirrored: bool) -> Slab:
    begin, weights = _weights(length, first, last)
    end = begin + weights.shape[1]
    if not mirrored:
        return Slab(first, last, begin, end, weights.astype(np.float32))
    there, backwards = _weights(length, SAMPLES - last, SAMPLES - first)
    backwards = backwards[::-1, ::-1]
    back_begin = length - there - backwards.shape[1]
    back_end = length - there
    both = np.zeros((2 * (last - first), max(end, back_end) - min(begin, back_begin)), np.float32)
    origin = min(begin, back_begin)
    both[: last - first, begin - origin : end - origin] = weights
    both[last - first :, back_begin - origin : back_end - origin] = backwards
    return Slab(first, last, origin, max(end, back_end), both)


def _weights(length: int, first: int, last: int) -> tuple[int, NDArray[np.float64]]:
    """Where the nonzero part of rows `first` to `last` begins, and that part."""
    # The box's width, and how far it reaches: as the reference has it, an even box leans to the left. At the borders
    # it is cut off and divided by what is left of it. 64 pixels are taken as they are: the box is one pixel wide.
    box = (length + 2 * SAMPLES - 1) // (2 * SAMPLES)
    left, right = box - (box + 2) // 2, (box + 2) // 2 - 1
    centres = ((np.arange(first, last) + 0.5) * length / SAMPLES).astype(np.int64)
    outer_first, outer_last = np.maximum(centres - left, 0), np.minimum(centres + right, length - 1)
    begin = max(0, int(outer_first[0]) - left)
    end = min(length - 1, int(outer_last[-1]) + right) + 1

    # Each row adds up one box for each pixel of the outer box: a sum of steps up and steps down.
    steps = np.zeros((last - first, end - begin + 1))
    for row, (start, stop) in enumerate(zip(outer_first, outer_last + 1, strict=True)):
        pixels = np.arange(start, stop)
        inner_first = np.maximum(pixels - left, 0)
        inner_end = np.minimum(pixels + right, length - 1) + 1
        share = 1 / ((stop - start) * (inner_end - inner_first))
        np.add.at(steps[row], inner_first - begin, share)
        np.subtract.at(steps[row], inner_end - begin, share)
    return begin, np.cumsum(steps[:, :-1], axis=1)
