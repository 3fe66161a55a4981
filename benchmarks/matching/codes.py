"""Codes to search in and codes to look for, made from a seed: the same for every contender of a run.

Random codes are balanced (128 bits of 256 set), as PDQ's are by construction. Clustered ones stand around hashes of
real photographs and their variants, as lists of re-encoded copies do.
"""

import io
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from crawler.hashing import Limits, hash_picture
from tests.photographs import photographs, variants

Codes = npt.NDArray[np.uint8]
"""N x 32."""
Kind = Literal["random", "clustered"]

FARTHEST: Final = 40
"""Planted queries lie 0 to this many bits from an entry."""
_CHUNKS: Final = 16
_WIDTH: Final = 16
_BLOCK: Final = 1 << 20
_CLUSTERED_SHARE: Final = 0.5
_SPREAD: Final = 24
"""Clustered codes lie up to so many bits from a photograph's variant."""
_LIMITS: Final = Limits(max_pixels=50_000_000, dihedral=True, frames=1)


def entries(number: int, kind: Kind, rng: np.random.Generator) -> Codes:
    """The set to be searched."""
    codes = np.concatenate([_balanced(min(_BLOCK, number - at), rng) for at in range(0, number, _BLOCK)])
    if kind == "clustered":
        centres = _photograph_hashes()
        crowd = rng.choice(number, size=int(number * _CLUSTERED_SHARE), replace=False)
        for at in range(0, len(crowd), _BLOCK):
            some = crowd[at : at + _BLOCK]
            around = centres[rng.integers(0, len(centres), len(some))]
            codes[some] = _flipped(around, rng.integers(0, _SPREAD + 1, len(some)), rng)
    return codes


def planted(
    codes: Codes, each: int, rng: np.random.Generator
) -> tuple[Codes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each distance up to `FARTHEST`, `each` queries at exactly it; then as many at 31 in the worst spreads.

    Returns queries, the entries they were made from, and the distances.
    """
    distances = np.repeat(np.arange(FARTHEST + 1), each)
    near = rng.integers(0, len(codes), len(distances))
    worst = rng.integers(0, len(codes), each)
    queries = np.concatenate([_flipped(codes[near], distances, rng), _spread(codes[worst], rng)])
    order = rng.permutation(len(queries))
    sources, away = np.concatenate([near, worst]), np.concatenate([distances, np.full(each, 31)])
    return queries[order], sources[order], away[order]


def strangers(number: int, rng: np.random.Generator) -> Codes:
    """Queries that match nothing, as most pictures do."""
    return _balanced(number, rng)


def _balanced(number: int, rng: np.random.Generator) -> Codes:
    """Random codes; of those with too many or too few bits set, random ones of these are turned over until none is."""
    codes = rng.integers(0, 256, (number, 32), dtype=np.uint8)
    surplus = np.bitwise_count(codes).sum(axis=1, dtype=np.int64) - 128
    while len(rows := np.flatnonzero(surplus)):
        bit = rng.integers(0, 256, len(rows))
        byte, mask = bit // 8, np.uint8(1) << (bit % 8).astype(np.uint8)
        is_set = (codes[rows, byte] & mask) > 0
        fits = is_set == (surplus[rows] > 0)
        codes[rows[fits], byte[fits]] ^= mask[fits]
        surplus[rows[fits]] -= np.where(is_set[fits], 1, -1)
    return codes


def _flipped(codes: Codes, distances: npt.NDArray[np.int64], rng: np.random.Generator) -> Codes:
    """Each code with so many of its bits turned over, anywhere."""
    changed = np.empty_like(codes)
    for at in range(0, len(codes), 1 << 15):
        part = slice(at, at + (1 << 15))
        ranks = rng.random((len(codes[part]), 256), dtype=np.float32).argsort(axis=1).argsort(axis=1)
        changed[part] = codes[part] ^ np.packbits(ranks < distances[part, None], axis=1)
    return changed


def _spread(codes: Codes, rng: np.random.Generator) -> Codes:
    """31 bits as evenly over the 16 chunks as can be: two in each, one in a single one, which is another each time."""
    changed = codes.copy()
    for row in range(len(codes)):
        for chunk in range(_CHUNKS):
            flips = 1 if chunk == row % _CHUNKS else 2
            for bit in rng.choice(_WIDTH, flips, replace=False):
                place = chunk * _WIDTH + bit
                changed[row, place // 8] ^= np.uint8(128 >> (place % 8))
    return changed


def _photograph_hashes() -> Codes:
    """Of real photographs and what becomes of them on their way."""
    found = []
    for path in photographs():
        with Image.open(path) as opened:
            small = opened.convert("RGB")
            small.thumbnail((640, 640))
        for data in (_encoded(small), *variants(small).values()):
            looks = hash_picture(data, _LIMITS).looks
            if looks is not None:
                found += [looks.pdq, *looks.pdq_dihedral]
    return np.frombuffer(bytes.fromhex("".join(found)), dtype=np.uint8).reshape(-1, 32)


def _encoded(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=90)
    return written.getvalue()


def save(folder: Path, *, number: int, each: int, alien: int, kind: Kind, seed: int) -> None:
    """Write entries and queries where contenders, each in a process of its own, read them."""
    rng = np.random.default_rng(seed)
    codes = entries(number, kind, rng)
    queries, sources, distances = planted(codes, each, rng)
    np.save(folder / "entries.npy", codes)
    np.save(folder / "planted.npy", queries)
    np.save(folder / "sources.npy", sources)
    np.save(folder / "distances.npy", distances)
    np.save(folder / "strangers.npy", strangers(alien, rng))
