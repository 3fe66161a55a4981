"""PDQ in NumPy: the twin of the native core's, its oracle in tests, and what works where that is not installed."""

import math

import numpy as np
from numpy.typing import NDArray

from crawler.hashing.bands import SAMPLES, Slab, band

_COEFFICIENTS = 16
_SMALLEST_SIDE = 5
_CHUNK = 1 << 17
"""Pixels turned to float at a time: 512 kB, so that they are still in a core's cache when they are multiplied."""

_WIDEST = 1 << 16
"""A strip wider than that is laid on its side first: the intermediate result takes 512 bytes a pixel of width."""

_COSINES: NDArray[np.float64] = math.sqrt(2 / SAMPLES) * np.cos(
    np.pi / (2 * SAMPLES) * np.outer(np.arange(1, _COEFFICIENTS + 1), 2 * np.arange(SAMPLES) + 1)
)
"""The DCT's rows 1 to 16; row 0, the mean, is left out."""


def pdq_in_numpy(luma: NDArray[np.uint8], *, dihedral: bool) -> tuple[bytes, int]:
    """32 bytes, with `dihedral` seven times 32 more in the order of `DIHEDRAL`; and the quality.

    Takes a float copy of a few rows at a time, so memory stays within 40 MB, and 2 MB for most pictures.
    """
    if min(luma.shape) < _SMALLEST_SIDE:
        return bytes(32 * (8 if dihedral else 1)), 0
    samples = _samples(luma, ways=2 if dihedral else 1)
    upright = samples[0, 0]
    return _bits(_dct(upright)) + (_turned(samples) if dihedral else b""), _quality(upright)


def _samples(luma: NDArray[np.uint8], *, ways: int) -> NDArray[np.float32]:
    """The blurred picture's samples: ways x ways x 64 x 64, down and across, way 1 being the axis read backwards.

    Rows first, in chunks that stay in the cache, then columns.
    """
    height, width = luma.shape
    if width > _WIDEST:
        return _samples(luma.T, ways=ways).transpose(1, 0, 3, 2)
    mirrored = ways > 1
    rows = np.empty((ways, SAMPLES, width), np.float32)
    for slab in band(height, mirrored=mirrored):
        _multiply_rows(luma, slab, rows)
    samples = np.empty((ways, SAMPLES, ways, SAMPLES), np.float32)
    for slab in band(width, mirrored=mirrored):
        product = rows[:, :, slab.begin : slab.end] @ slab.weights.T
        samples[..., slab.first : slab.last] = product.reshape(ways, SAMPLES, ways, -1)
    by_way = samples.transpose(0, 2, 1, 3)
    if mirrored:
        by_way[1, :] = by_way[1, :, ::-1, :].copy()
        by_way[:, 1] = by_way[:, 1, :, ::-1].copy()
    return by_way


def _multiply_rows(luma: NDArray[np.uint8], slab: Slab, into: NDArray[np.float32]) -> None:
    ways, _, width = into.shape
    step = max(64, _CHUNK // (slab.end - slab.begin))
    for left in range(0, width, step):
        right = min(width, left + step)
        pixels = luma[slab.begin : slab.end, left:right].astype(np.float32)
        into[:, slab.first : slab.last, left:right] = (slab.weights @ pixels).reshape(ways, -1, right - left)


def _turned(samples: NDArray[np.float32]) -> bytes:
    """The bits of each picture of `DIHEDRAL`, in its order."""
    upright, mirrored = _dct(samples[0, 0]), _dct(samples[0, 1])
    upside_down, half_turned = _dct(samples[1, 0]), _dct(samples[1, 1])
    turned = (mirrored.T, half_turned, upside_down.T, upside_down, mirrored, upright.T, half_turned.T)
    return b"".join(map(_bits, turned))


def _dct(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    return _COSINES @ samples @ _COSINES.T


def _quality(samples: NDArray[np.float32]) -> int:
    """The reference's measure: gradients in whole percents of the range, summed and scaled."""
    scale, full = np.float32(100), np.float32(255)
    down = np.trunc((samples[:-1] - samples[1:]) * scale / full)
    across = np.trunc((samples[:, :-1] - samples[:, 1:]) * scale / full)
    return min(100, int(np.abs(down).sum() + np.abs(across).sum()) // 90)


def _bits(coefficients: NDArray[np.float64]) -> bytes:
    """A bit for each coefficient above the lower median, the last coefficient's bit first."""
    flat = coefficients.ravel()
    median = np.partition(flat, flat.size // 2 - 1)[flat.size // 2 - 1]
    return np.packbits((flat > median)[::-1]).tobytes()
