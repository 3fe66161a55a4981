"""What is done with one batch of records: matched, stored, kept to be matched again."""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from crawler.contract.records import ImageSeen
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.ports import HitStore, KnownSet
from matchers.contract.records import Answer, Found
from matchers.match import findings
from matchers.seen import SeenStore
from matchers.worker.configuration import MatchingTable
from matchers.worker.counts import MatcherCounts
from matchers.worker.flooding import Flooding
from matchers.worker.patience import patiently


class KeepsStanding(Protocol):
    """Tells hits that are being stored what their entries went through meanwhile: `matchers.rematching.Standing`.

    A Protocol because the worker may not import its sibling.
    """

    def now(self) -> int:
        """A moment, to be asked for before entries are looked up."""

    def restate_if_moved(self, found: Sequence[Found], since: int) -> int:
        """Tell the stored hits what happened to their entries since that moment; how many stand otherwise."""


class Batches:
    """Works on one batch after the other, on whatever thread. All of it is safe to repeat."""

    def __init__(
        self,
        known_set: KnownSet,
        hit_store: HitStore,
        table: MatchingTable,
        *,
        digest_key: bytes,
        standing: KeepsStanding | None,
        flooding: Flooding | None,
        seen_store: SeenStore | None,
    ) -> None:
        self._known_set = known_set
        self._hit_store = hit_store
        self._table = table
        self._digest_key = digest_key
        self._standing = standing
        self._flooding = flooding
        self._seen_store = seen_store

    def match_and_store(self, seen: Sequence[ImageSeen], stopping: threading.Event) -> MatcherCounts:
        """All of it is durable when this returns: the batch may be committed.

        Waits out an outage of the stores. Raises `ToldToStopError` when `stopping` is set meanwhile,
        `StoreRefusedError` when a store will not take it.
        """
        if not seen:
            return MatcherCounts()
        patient = partial(
            patiently, outage=StoreUnavailableError, stopped_within=stopping.wait, longest=self._table.retry_seconds
        )
        since = patient(self._standing.now) if self._standing else 0
        answer: Answer = patient(partial(self._known_set.match, seen))
        found = [
            findings(each, of_it, answer.version, self._digest_key)
            for each, of_it in zip(seen, answer.matches, strict=True)
            if of_it
        ]
        restated = flooding = 0
        if found:
            patient(partial(self._hit_store.store, found))
            # What is marked here is in the log when the hits are told of it.
            if self._flooding:
                flooding = patient(partial(self._flooding.note, found))
            if self._standing:
                restated = patient(partial(self._standing.restate_if_moved, found, since))
        if self._seen_store:
            patient(partial(self._seen_store.append, seen, answer.version))
        return self._counted(seen, found).plus(MatcherCounts(restated=restated, flooding=flooding))

    def _counted(self, seen: Sequence[ImageSeen], found: Sequence[Found]) -> MatcherCounts:
        looks = [each.looks for each in seen]
        matches = [one.match for each in found for one in each.evidence]
        return MatcherCounts(
            looked_up=len(seen),
            hits=len(found),
            matched=len(matches),
            held_apart=sum(match.held_apart is not None for match in matches),
            low_quality=sum(each is not None and each.pdq_quality < self._table.min_quality for each in looks),
            undecoded=sum(each is None for each in looks),
        )
