"""The known set as a matcher asks it: a version of the store, loaded into indexes, swapped when the store grows."""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np

from crawler.contract.records import DIHEDRAL, ImageSeen
from matchers.contract.errors import MatcherError
from matchers.contract.order import best_first
from matchers.contract.records import Algorithm, ExactAlgorithm, KnownEntry, Match
from matchers.known.exact import Bytes2D, DigestIndex, Numbers
from matchers.known.near import NearIndex, build_near_index
from matchers.known.near.index import ORDER_BYTES
from matchers.known.store import KnownSnapshot, KnownStore

LOG = logging.getLogger(__name__)

EXACT: Final[tuple[ExactAlgorithm, ...]] = ("sha256", "sha1", "md5")
"""Strongest first: the order in which exact matches are told."""

_WIDTHS: Final[dict[Algorithm, int]] = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
_UPRIGHT: Final = 0

_Place = tuple[int, int]
"""Distance, then which view: 0 as it is, i + 1 the i-th of `DIHEDRAL`. The least is the best."""


class _Loaded:
    """The indexes of one version."""

    def __init__(self, snapshot: KnownSnapshot, distance: int) -> None:
        self.version = snapshot.version
        self.exact = {algorithm: DigestIndex(*_read(snapshot, algorithm)) for algorithm in EXACT}
        self.near = build_near_index(*_read(snapshot, "pdq"), distance=distance, order=bytes(ORDER_BYTES))

    def __len__(self) -> int:
        return sum(len(index) for index in self.exact.values()) + len(self.near)


class LoadedKnownSet:
    """The KnownSet port over a store. Thread-safe; each answer is of one version.

    Exact digests are always looked up; a picture's looks only when their PDQ quality is at least `min_quality`
    (below it PDQ says nothing about a picture), with `dihedral` also its turned and mirrored views.
    """

    def __init__(self, store: KnownStore, *, distance: int, min_quality: int, dihedral: bool) -> None:
        """Loads the store's present version. Raises `ConfigError` for a distance that cannot be answered exactly."""
        self._store = store
        self._distance = distance
        self._min_quality = min_quality
        self._dihedral = dihedral
        self._loading = threading.Lock()
        self._loaded = self._load()

    @property
    def version(self) -> int:
        """Of the set that answers now."""
        return self._loaded.version

    def __len__(self) -> int:
        return len(self._loaded)

    def refresh(self) -> bool:
        """Take the store's version if it is another; returns whether it was.

        The new set is built beside the old one, which answers until then, and takes its place in one step.
        """
        with self._loading:
            if self._store.version == self._loaded.version:
                return False
            self._loaded = self._load()
        LOG.info("known set: version %d, %d entries", self.version, len(self))
        return True

    @contextmanager
    def kept_fresh(self, seconds: float) -> Iterator[None]:
        """While this is entered, a thread refreshes the set every so many seconds. While the store
        cannot be read the old set goes on answering.
        """
        ended = threading.Event()

        def keep() -> None:
            while not ended.wait(seconds):
                try:
                    self.refresh()
                except MatcherError as error:
                    LOG.warning("known set stays at version %d: %s", self.version, error)

        thread = threading.Thread(target=keep, name="known-set-refresh", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def match(self, seen: Sequence[ImageSeen]) -> Sequence[tuple[Match, ...]]:
        """For each picture all its matches: sha256, sha1, md5, then PDQ by distance.

        An entry matched by several views is told once, at its least distance, the picture as it is before a turned
        one. Hashes of one algorithm under the same list and list id are one entry.
        """
        if not seen:
            return []
        loaded = self._loaded
        places: list[dict[int, _Place]] = [{} for _ in seen]
        for algorithm, index in loaded.exact.items():
            rows, numbers = index.find(_matrix(algorithm, [_digest(each, algorithm) for each in seen]))
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
                places[row][number] = (0, _UPRIGHT)
        self._match_looks(loaded.near, seen, places)
        entries = self._store.entries(number for found in places for number in found)
        return [
            _told(_match(entries[number], place) for number, place in found.items() if number in entries)
            for found in places
        ]

    def _match_looks(self, index: NearIndex, seen: Sequence[ImageSeen], places: list[dict[int, _Place]]) -> None:
        views = [(row, view, text) for row, each in enumerate(seen) for view, text in self._views(each)]
        if not views or not len(index):
            return
        asked, numbers, distances = index.find(_matrix("pdq", [text for _, _, text in views]))
        for one, number, distance in zip(asked.tolist(), numbers.tolist(), distances.tolist(), strict=True):
            row, view, _ = views[one]
            place = (distance, view)
            if place < places[row].get(number, (257, 0)):
                places[row][number] = place

    def _views(self, seen: ImageSeen) -> Iterator[tuple[int, str]]:
        looks = seen.looks
        if looks is None or looks.pdq_quality < self._min_quality:
            return
        yield _UPRIGHT, looks.pdq
        if self._dihedral:
            yield from enumerate(looks.pdq_dihedral, start=1)

    def _load(self) -> _Loaded:
        with self._store.snapshot() as snapshot:
            return _Loaded(snapshot, self._distance)


def _read(snapshot: KnownSnapshot, algorithm: Algorithm) -> tuple[Bytes2D, Numbers]:
    numbers, values = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.uint8)]
    for some, joined in snapshot.values(algorithm):
        numbers.append(np.array(some, dtype=np.int64))
        values.append(np.frombuffer(joined, dtype=np.uint8))
    return np.concatenate(values).reshape(-1, _WIDTHS[algorithm]), np.concatenate(numbers)


def _matrix(algorithm: Algorithm, texts: Sequence[str]) -> Bytes2D:
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, _WIDTHS[algorithm])


def _digest(seen: ImageSeen, algorithm: ExactAlgorithm) -> str:
    digests = {"md5": seen.digests.md5, "sha1": seen.digests.sha1, "sha256": seen.digests.sha256}
    return digests[algorithm]


def _match(entry: KnownEntry, place: _Place) -> Match:
    distance, view = place
    return Match(
        algorithm=entry.algorithm,
        distance=distance,
        list=entry.list,
        list_id=entry.list_id,
        category=entry.category,
        source=entry.source,
        turned=None if view == _UPRIGHT else DIHEDRAL[view - 1],
    )


def _told(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Best first, one for each algorithm of a list id."""
    best: dict[tuple[Algorithm, str, str], Match] = {}
    for match in sorted(matches, key=best_first):
        best.setdefault((match.algorithm, match.list, match.list_id), match)
    return tuple(best.values())
