"""Hashes in hex, as importers and people name them, and veiled, as they lie in the set."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from matchers.contract.records import Algorithm
from matchers.veil import VEILED_DIGEST_BYTES, WIDTHS, Bytes2D, Veil

_BYTES: Final[dict[Algorithm, int]] = {
    "md5": 16,
    "sha1": 20,
    "sha256": 32,
    "pdq": WIDTHS["pdq"],
    "phash": WIDTHS["phash"],
    "dhash": WIDTHS["dhash"],
}


def veiled(veil: Veil, algorithm: Algorithm, values: Sequence[str]) -> list[bytes]:
    """Hashes in hex as they lie in the set. Raises `ValueError` for one that is no hash of the algorithm's length."""
    width = _BYTES[algorithm]
    if any(len(value) != 2 * width for value in values):
        raise ValueError(f"a {algorithm} hash has {2 * width} hexadecimal digits")
    joined = bytes.fromhex("".join(values))
    if len(joined) != width * len(values):
        raise ValueError(f"a {algorithm} hash has {2 * width} hexadecimal digits and nothing between them")
    match algorithm:
        case "pdq" | "phash" | "dhash":
            return _cut(veil.near(algorithm, _matrix(joined, width)).tobytes(), width)
        case _:
            return _cut(veil.digests(algorithm, _cut(joined, width)).tobytes(), VEILED_DIGEST_BYTES)


def unveiled(veil: Veil, algorithm: Algorithm, values: Sequence[bytes]) -> list[str] | list[None]:
    """The hashes in hex; of digests None, since they cannot be turned back."""
    match algorithm:
        case "pdq" | "phash" | "dhash":
            width = _BYTES[algorithm]
            plain = veil.unveiled(algorithm, _matrix(b"".join(values), width)).tobytes()
            return [each.hex() for each in _cut(plain, width)]
        case _:
            return [None] * len(values)


def _matrix(joined: bytes, width: int) -> Bytes2D:
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)


def _cut(joined: bytes, width: int) -> list[bytes]:
    return [joined[at : at + width] for at in range(0, len(joined), width)]
