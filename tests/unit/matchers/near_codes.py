"""Codes to try near indexes with, every implementation of them, and what brute force answers."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import zoeklicht_native

from matchers.known.near import NearIndex, Pairs, build_near_index
from matchers.known.near.native import NativeIndex

Codes = npt.NDArray[np.uint8]
Int64s = npt.NDArray[np.int64]

ORDER: Final = b"order of one key"
PATHS: Final = zoeklicht_native.simd_paths()


def by_native_code(simd: str) -> Callable[[Codes, int], NearIndex]:
    def build(known: Codes, distance: int) -> NearIndex:
        numbers = np.arange(len(known))
        return NativeIndex.built(known, numbers, distance=distance, order=ORDER, threads=1, simd=simd)

    return build


def by_numpy(known: Codes, distance: int) -> NearIndex:
    return build_near_index(known, np.arange(len(known)), distance=distance, order=ORDER, native=False)


BUILDERS: Final = {"numpy": by_numpy} | {simd: by_native_code(simd) for simd in PATHS}
"""The twin, and the crate with each of its inner loops."""


def told(pairs: Pairs) -> list[tuple[int, int, int]]:
    """Row, distance and number of each pair, in the order told."""
    rows, numbers, distances = pairs
    return list(zip(rows.tolist(), distances.tolist(), numbers.tolist(), strict=True))


def brute_force(known: Codes, asked: Codes, distance: int) -> list[tuple[int, int, int]]:
    """As `told` tells what an exact index answers."""
    apart = np.bitwise_count(asked[:, None, :] ^ known[None, :, :]).sum(axis=2)
    return sorted((int(row), int(apart[row, entry]), int(entry)) for row, entry in np.argwhere(apart <= distance))


def random_codes(random: np.random.Generator, count: int) -> Codes:
    return random.integers(0, 256, (count, 32), dtype=np.uint8)


def clustered_codes(random: np.random.Generator, count: int, share: float = 0.06) -> Codes:
    """Around three centres; each bit differs from its centre's with this share."""
    spread = (random.random((count, 256)) < share).astype(np.uint8)
    return random_codes(random, 3)[random.integers(0, 3, count)] ^ np.packbits(spread, axis=1)


def turned_over(code: Codes, bits: Sequence[int] | Int64s) -> Codes:
    """With these bits turned over; chunk c holds bits 16c to 16c + 15."""
    mask = np.zeros(256, dtype=np.uint8)
    mask[np.asarray(bits, dtype=np.int64)] = 1
    turned: Codes = code ^ np.packbits(mask)
    return turned


def spread_over(random: np.random.Generator, counts: Sequence[int]) -> Int64s:
    """So many bits of each chunk."""
    chunks = (16 * chunk + random.permutation(16)[:count] for chunk, count in enumerate(counts))
    return np.concatenate(list(chunks)).astype(np.int64)
