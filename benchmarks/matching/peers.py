"""The indexes of others, each as its documentation has it, on one thread."""

import faiss
import numpy as np
from threatexchange.signal_type.pdq.signal import PdqSignal

from benchmarks.matching.codes import Codes
from benchmarks.matching.contender import Found

_DISTANCE = 31
_BLOCK = 1 << 20


class _Faiss:
    """`range_search` takes distances strictly below its radius."""

    def __init__(self, index: faiss.IndexBinary, codes: Codes) -> None:
        faiss.omp_set_num_threads(1)
        self._index = index
        for at in range(0, len(codes), _BLOCK):
            index.add(np.ascontiguousarray(codes[at : at + _BLOCK]))

    def one(self, code: bytes) -> object:
        return self._index.range_search(np.frombuffer(code, dtype=np.uint8)[None, :], _DISTANCE + 1)

    def many(self, codes: Codes) -> Found:
        limits, distances, entries = self._index.range_search(codes, _DISTANCE + 1)
        rows = np.repeat(np.arange(len(codes)), np.diff(limits.astype(np.int64)))
        return list(zip(rows.tolist(), entries.tolist(), distances.astype(int).tolist(), strict=True))

    def join(self, _: Codes) -> None:
        return None


class MultiHash(_Faiss):
    """Tables of some bits each, probed at every pattern within some flips."""

    def __init__(self, codes: Codes, *, tables: int, bits: int, flips: int) -> None:
        index = faiss.IndexBinaryMultiHash(256, tables, bits)
        index.nflip = flips
        super().__init__(index, codes)


class Flat(_Faiss):
    """Compares with all: what is exact by its nature."""

    def __init__(self, codes: Codes) -> None:
        super().__init__(faiss.IndexBinaryFlat(256), codes)


class ThreatExchange:
    """The index class that python-threatexchange gives for PDQ, asked as its users ask: one code at a time, in hex."""

    def __init__(self, codes: Codes) -> None:
        faiss.omp_set_num_threads(1)
        index_class = PdqSignal.get_index_cls()
        self._index = index_class()
        for at in range(0, len(codes), _BLOCK):
            part = np.ascontiguousarray(codes[at : at + _BLOCK])
            self._index.add_all([(row.tobytes().hex(), at + number) for number, row in enumerate(part)])

    def one(self, code: bytes) -> object:
        return self._index.query(code.hex())

    def many(self, codes: Codes) -> Found:
        return [
            (row, match.metadata, match.similarity_info.distance)
            for row, code in enumerate(codes)
            for match in self._index.query(code.tobytes().hex())
        ]

    def join(self, _: Codes) -> None:
        return None
