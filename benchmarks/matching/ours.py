"""Our index, with the codes veiled as they are on disk."""

import numpy as np

from benchmarks.matching.codes import Codes
from benchmarks.matching.contender import Found
from matchers.known.near import build_near_index
from matchers.veil import Veil

_KEY = bytes(range(32))
_BLOCK = 1 << 18


class Ours:
    """As a matcher holds it: veiling a query counts, as it does there."""

    def __init__(self, codes: Codes, *, native: bool | None = None) -> None:
        self._veil = Veil(_KEY)
        veiled = np.empty(codes.shape, dtype=np.uint8)
        for at in range(0, len(codes), _BLOCK):
            veiled[at : at + _BLOCK] = self._veil.near("pdq", np.asarray(codes[at : at + _BLOCK]))
        numbers = np.arange(len(codes), dtype=np.int64)
        self._index = build_near_index(veiled, numbers, order=self._veil.fingerprint, native=native)

    def one(self, code: bytes) -> object:
        return self._index.find_one(self._veil.near("pdq", np.frombuffer(code, dtype=np.uint8)[None, :]).tobytes())

    def many(self, codes: Codes) -> Found:
        rows, numbers, distances = self._index.find(self._veil.near("pdq", codes))
        return list(zip(rows.tolist(), numbers.tolist(), distances.tolist(), strict=True))

    def join(self, codes: Codes) -> Found:
        rows, numbers, distances = self._index.join(self._veil.near("pdq", codes))
        return list(zip(rows.tolist(), numbers.tolist(), distances.tolist(), strict=True))
