"""Hashes as they lie on disk: transformed with a secret key, so that a stolen file is of no use.

Perceptual hashes are put through a secret permutation of their bits and a secret mask: distances between them stay as
they are, and without the key nobody can make the coarse picture back that such a hash holds, or look one up. Digests
become keyed digests of 128 bits (BLAKE2b, RFC 7693), which cannot be turned back at all.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from matchers.contract.records import ExactAlgorithm, NearAlgorithm

VEIL_KEY_BYTES: Final = 32
VEILED_DIGEST_BYTES: Final = 16
WIDTHS: Final[dict[NearAlgorithm, int]] = {"pdq": 32, "phash": 8, "dhash": 8}
"""Bytes of a perceptual hash; veiled it has as many."""

_FEW: Final = 8
"""Up to here one hash after the other is quicker than all of them byte by byte."""

Bytes2D = npt.NDArray[np.uint8]
"""One hash a row."""


class Veil:
    """One key's transformation. Thread-safe; made once, it holds 300 kB of tables."""

    def __init__(self, key: bytes) -> None:
        """Raises `ValueError` for a key that is not 32 bytes long."""
        if len(key) != VEIL_KEY_BYTES:
            raise ValueError(f"the veil's key must be {VEIL_KEY_BYTES} bytes long")
        self._key = key
        self._near = {name: _Permuted(key, name, width) for name, width in WIDTHS.items()}
        self.fingerprint = hashlib.blake2b(key=key, digest_size=16, person=b"veil fingerprint").digest()
        """16 bytes that tell this key from others and nothing else: files bear it, so that a wrong key is noticed."""

    def near(self, algorithm: NearAlgorithm, hashes: Bytes2D) -> Bytes2D:
        """N x width hashes, veiled."""
        return self._near[algorithm].veiled(hashes)

    def unveiled(self, algorithm: NearAlgorithm, veiled: Bytes2D) -> Bytes2D:
        """What `near` veiled, as it was."""
        return self._near[algorithm].unveiled(veiled)

    def digests(self, algorithm: ExactAlgorithm, digests: Sequence[bytes]) -> Bytes2D:
        """Each digest's keyed digest, n x 16."""
        person = f"veil {algorithm}".encode("ascii")
        joined = b"".join(
            hashlib.blake2b(each, key=self._key, digest_size=VEILED_DIGEST_BYTES, person=person).digest()
            for each in digests
        )
        return np.frombuffer(joined, dtype=np.uint8).reshape(-1, VEILED_DIGEST_BYTES)


class _Permuted:
    """A permutation of bits as one table for each byte: a hash's veiled form is the XOR of one row of each."""

    def __init__(self, key: bytes, purpose: str, width: int) -> None:
        seed = hashlib.blake2b(key=key, digest_size=64, person=f"veil {purpose}".encode("ascii")).digest()
        stream = np.frombuffer(hashlib.shake_256(seed).digest(8 * 8 * width + width), dtype=np.uint8)
        # Sorting by 64-bit numbers out of the key: equal ones, which would skew it, do not come up.
        self._order = np.argsort(np.ascontiguousarray(stream[: 64 * width]).view("<u8"), kind="stable")
        self._back = np.argsort(self._order, kind="stable")
        self._mask = np.ascontiguousarray(stream[64 * width :])
        self._words = width // 8
        self._veiling = self._tables(self._order, width)
        self._unveiling = self._tables(self._back, width)

    def veiled(self, hashes: Bytes2D) -> Bytes2D:
        return self._applied(self._veiling, hashes) ^ self._mask

    def unveiled(self, hashes: Bytes2D) -> Bytes2D:
        return self._applied(self._unveiling, hashes ^ self._mask)

    def _applied(self, tables: npt.NDArray[np.uint64], hashes: Bytes2D) -> Bytes2D:
        if len(hashes) < _FEW:
            return self._applied_to_few(tables, hashes)
        words = np.zeros((len(hashes), self._words), dtype=np.uint64)
        for place in range(hashes.shape[1]):
            words ^= tables[place][hashes[:, place]]
        return words.view(np.uint8)

    def _applied_to_few(self, tables: npt.NDArray[np.uint64], hashes: Bytes2D) -> Bytes2D:
        """All rows of one hash in one step: NumPy's price is by the call."""
        places = np.arange(hashes.shape[1])
        words = np.empty((len(hashes), self._words), dtype=np.uint64)
        for row, each in enumerate(hashes):
            words[row] = np.bitwise_xor.reduce(tables[places, each], axis=0)
        return words.view(np.uint8)

    def _tables(self, order: npt.NDArray[np.intp], width: int) -> npt.NDArray[np.uint64]:
        """Width x 256 x words: what each value of each byte becomes."""
        values = np.zeros((width, 256, width), dtype=np.uint8)
        for place in range(width):
            values[place, :, place] = np.arange(256, dtype=np.uint8)
        bits = np.unpackbits(values, axis=2)[:, :, order]
        return np.packbits(bits, axis=2).view(np.uint64)
