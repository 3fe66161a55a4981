"""The indexes over one set of entries, whether they lie in memory (an overlay) or are mapped (a generation)."""

from collections.abc import Mapping

from matchers.contract.records import Algorithm, ExactAlgorithm
from matchers.known.exact import DigestIndex
from matchers.known.generations.bits64 import Bits64Index
from matchers.known.generations.values import BITS64, EXACT, Values
from matchers.known.near import NearIndex, build_near_index


class Indexes:
    """One for each algorithm; immutable, so that any number of threads may ask. What it maps goes when it goes."""

    def __init__(
        self,
        digests: Mapping[ExactAlgorithm, DigestIndex],
        pdq: NearIndex,
        bits64: Mapping[Algorithm, Bits64Index],
    ) -> None:
        self.digests = digests
        self.pdq = pdq
        self.bits64 = bits64

    def __len__(self) -> int:
        return len(self.pdq) + sum(map(len, self.digests.values())) + sum(map(len, self.bits64.values()))

    def counts(self) -> dict[Algorithm, int]:
        """Entries of each algorithm."""
        exact: dict[Algorithm, int] = {name: len(index) for name, index in self.digests.items()}
        return exact | {"pdq": len(self.pdq)} | {name: len(index) for name, index in self.bits64.items()}


def indexed(values: Mapping[Algorithm, Values], *, fingerprint: bytes) -> Indexes:
    """Indexes in memory over these. `fingerprint`: of the veil that their hashes went through."""
    pdq = values["pdq"]
    return Indexes(
        digests={name: DigestIndex.built(values[name].hashes, values[name].numbers) for name in EXACT},
        pdq=build_near_index(pdq.hashes, pdq.numbers, order=fingerprint),
        bits64={name: Bits64Index.built(values[name].hashes, values[name].numbers) for name in BITS64},
    )
