"""Joins the hashes of many seen pictures with the indexes of some entries. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matchers.contract.records import Algorithm
from matchers.known.generations.indexes import Indexes, indexed
from matchers.known.generations.values import ALGORITHMS, Values
from matchers.seen import Stretch, Views

NO_VIEW: Final = -1
"""Instead of a view's number where it was no PDQ hash that was joined."""

Int64s = npt.NDArray[np.int64]


class Pairs(NamedTuple):
    """Pictures of a stretch and entries near them, sorted by picture. A pair may come up by several views."""

    rows: Int64s
    entries: Int64s
    distances: Int64s
    kinds: Int64s
    """By which view, see `View.of`; or `NO_VIEW`."""


def wanted(indexes: Indexes, *, dihedral: bool) -> frozenset[str]:
    """Which hashes of the pictures it takes to join them, see `SeenStore.stretches`."""
    views = ("upright", "turned") if dihedral else ("upright",)
    there = {name for name, number in indexes.counts().items() if number}
    return frozenset(there - {"pdq"}) | frozenset(views if "pdq" in there else ())


def join(indexes: Indexes, stretch: Stretch, *, distance: int, dihedral: bool, threads: int = 1) -> Pairs:
    """Every pair of a picture and an entry within the distance, by each view; none is missed."""
    found = []
    for exact, digests in indexes.digests.items():
        if len(digests):
            rows, entries = digests.find(stretch.digests[exact])
            found.append(Pairs(rows, entries, np.zeros_like(rows), np.full_like(rows, NO_VIEW)))
    decoded = np.flatnonzero(stretch.decoded)
    for algorithm, bits64 in indexes.bits64.items():
        if len(bits64):
            asked, entries, distances = bits64.find(stretch.phash if algorithm == "phash" else stretch.dhash)
            found.append(Pairs(decoded[asked], entries, distances, np.full_like(asked, NO_VIEW)))
    if len(indexes.pdq):
        found.append(_near(indexes, stretch.views if dihedral else stretch.upright, distance, threads))
    if not found:
        nothing = np.empty(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing, nothing)
    pairs = Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))
    order = np.argsort(pairs.rows, kind="stable")
    return Pairs(*(column[order] for column in pairs))


def indexes_of(values: Mapping[Algorithm, Values], *, fingerprint: bytes, at_once: int) -> Iterator[Indexes]:
    """The entries' indexes, of at most `at_once` entries each, one after the other: so that memory stays bounded."""
    total = sum(len(each.numbers) for each in values.values())
    for start in range(0, total, at_once):
        yield indexed(dict(_portion(values, start, start + at_once)), fingerprint=fingerprint)


def _portion(values: Mapping[Algorithm, Values], start: int, end: int) -> Iterator[tuple[Algorithm, Values]]:
    """The entries from `start` to `end`, counted through all algorithms."""
    before = 0
    for name in ALGORITHMS:
        each = values[name]
        some = slice(max(0, start - before), max(0, end - before))
        yield name, Values(each.numbers[some], each.hashes[some])
        before += len(each.numbers)


def _near(indexes: Indexes, views: Views, distance: int, threads: int) -> Pairs:
    asked, entries, distances = indexes.pdq.join(views.codes, distance=distance, threads=threads)
    return Pairs(views.rows[asked], entries, distances, views.kinds[asked].astype(np.int64))
