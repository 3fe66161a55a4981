"""The matcher's loop. Nothing is committed before the hit store has it, so nothing is lost wherever this ends."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import Final, Protocol, TypeVar

from crawler.contract.errors import InvalidRecordError, LostClaimError, UnavailableError
from crawler.contract.records import ImageSeen
from crawler.contract.transport import Delivery, Subscriber
from crawler.transport.codec import decode
from matchers.contract.errors import StoreUnavailableError, TooMuchPoisonError
from matchers.contract.ports import HitStore, KnownSet
from matchers.contract.records import Answer, Found
from matchers.match import findings
from matchers.seen import SeenStore
from matchers.worker.configuration import MatchingTable
from matchers.worker.counts import MatcherCounts
from matchers.worker.flooding import Flooding
from matchers.worker.patience import ToldToStopError, patiently

LOG = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.5
_ONCE_SECONDS: Final = 0.1
"""How long to wait for more before asking whether all is done."""
_REST_SECONDS: Final = 0.1
"""After a small batch: what comes meanwhile shares a batch, a request to the store and a commit, each of which costs
as much for one record as for fifty."""
_KEEP_ALIVE_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 5.0
"""How long a batch that is being stored may take to finish once the process is told to stop."""

T = TypeVar("T")


class KeepsStanding(Protocol):
    """Tells hits that are being stored what their entries went through meanwhile: `matchers.rematching.Standing`.

    A Protocol because the worker may not import its sibling.
    """

    def now(self) -> int:
        """A moment, to be asked for before entries are looked up."""

    def restate_if_moved(self, found: Sequence[Found], since: int) -> int:
        """Tell the stored hits what happened to their entries since that moment; how many stand otherwise."""


class MatchWorker:
    """One member of the group of matchers. Use it from the thread that opened the subscriber.

    A batch is matched and stored on a thread of its own, while this one keeps the subscriber in its group, with all
    partitions paused: the broker keeps what the stores are too slow for.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        known_set: KnownSet,
        hit_store: HitStore,
        table: MatchingTable,
        *,
        digest_key: bytes,
        standing: KeepsStanding | None = None,
        flooding: Flooding | None = None,
        seen_store: SeenStore | None = None,
    ) -> None:
        """Without `standing` hits may miss a withdrawal at the moment they are stored, without `flooding` floods are
        not held apart, without `seen_store` nothing is kept to be matched again.
        """
        self._standing = standing
        self._flooding = flooding
        self._seen_store = seen_store
        self._subscriber = subscriber
        self._known_set = known_set
        self._hit_store = hit_store
        self._table = table
        self._digest_key = digest_key
        self._counts = MatcherCounts()
        self._poison_in_a_row = 0
        self._stopping = threading.Event()

    @property
    def counts(self) -> MatcherCounts:
        """What was done so far. Any thread may ask."""
        return self._counts

    def run(self, *, once: bool = False, should_stop: Callable[[], bool] = lambda: False) -> MatcherCounts:
        """Work until told to stop or, with `once`, until the group has nothing left to commit.

        While broker or store are away it waits for them. Raises `TooMuchPoisonError` when more messages in a row
        than the limit cannot be read (those beyond it stay uncommitted), `StoreRefusedError` when the store will
        not take a batch (which stays uncommitted).
        """
        try:
            while not should_stop():
                poll = partial(
                    self._subscriber.poll, limit=self._table.batch, timeout=_ONCE_SECONDS if once else _POLL_SECONDS
                )
                deliveries = self._asked(poll, should_stop)
                if deliveries:
                    self._work(deliveries, should_stop)
                    if not once and len(deliveries) < self._table.batch:
                        time.sleep(_REST_SECONDS)
                elif once and self._asked(self._subscriber.lag, should_stop) == 0:
                    break
        except ToldToStopError:
            LOG.info("told to stop during an outage; what was not stored will be delivered again")
        return self._counts

    def _work(self, deliveries: Sequence[Delivery], should_stop: Callable[[], bool]) -> None:
        """One batch, all the way to its commit."""
        seen, read = self._read(deliveries, should_stop)
        if seen:
            stored = self._awaited(_in_background(partial(self._match_and_store, seen)), should_stop)
            self._counts = self._counts.plus(stored)
        if read:
            self._commit(deliveries[:read], should_stop)
        if read < len(deliveries):
            raise TooMuchPoisonError(
                f"{self._poison_in_a_row} messages in a row could not be read, so the matcher stopped. Is something "
                "else writing to this topic, or a crawler of another version? See: zoeklicht dead list"
            )

    def _read(self, deliveries: Sequence[Delivery], should_stop: Callable[[], bool]) -> tuple[list[ImageSeen], int]:
        """The records, and how many messages were dealt with: all, unless the poison limit was reached on the way."""
        seen = []
        for number, delivery in enumerate(deliveries):
            try:
                seen.append(decode(delivery.value))
            except InvalidRecordError as invalid:
                if self._poison_in_a_row >= self._table.poison_limit:
                    return seen, number
                self._asked(partial(self._subscriber.bury, delivery, str(invalid)), should_stop)
                self._poison_in_a_row += 1
                self._counts = self._counts.plus(MatcherCounts(poison=1))
                LOG.warning("%s put aside: %s", delivery, invalid)
            else:
                self._poison_in_a_row = 0
        return seen, len(deliveries)

    def _match_and_store(self, seen: Sequence[ImageSeen]) -> MatcherCounts:
        """On the thread beside; waits out an outage of known set or hit store."""
        patient = partial(
            patiently,
            outage=StoreUnavailableError,
            stopped_within=self._stopping.wait,
            longest=self._table.retry_seconds,
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

    def _awaited(self, future: Future[T], should_stop: Callable[[], bool]) -> T:
        """The result, staying in the group meanwhile. Told to stop, it waits a little longer and then lets go."""
        give_up: float | None = None
        while not wait([future], timeout=_KEEP_ALIVE_SECONDS).done:
            try:
                self._subscriber.keep_alive()
            except (UnavailableError, LostClaimError) as error:
                LOG.warning("%s", error)
            if give_up is None and should_stop():
                self._stopping.set()
                give_up = time.monotonic() + _GRACE_SECONDS
            if give_up is not None and time.monotonic() > give_up:
                raise ToldToStopError
        return future.result()

    def _commit(self, deliveries: Sequence[Delivery], should_stop: Callable[[], bool]) -> None:
        try:
            self._asked(partial(self._subscriber.commit, deliveries), should_stop)
        except LostClaimError as lost:
            # Stored already; whoever has them now finds the same, under the same ids.
            LOG.info("%s", lost)

    def _asked(self, call: Callable[[], T], should_stop: Callable[[], bool]) -> T:
        """Of the broker, patiently."""

        def stopped_within(seconds: float) -> bool:
            until = time.monotonic() + seconds
            while not should_stop() and (left := until - time.monotonic()) > 0:
                time.sleep(min(left, _POLL_SECONDS))
            return should_stop()

        return patiently(call, UnavailableError, stopped_within=stopped_within, longest=self._table.retry_seconds)


def _in_background(call: Callable[[], T]) -> Future[T]:
    """Run it on a thread that does not keep the process from ending."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed over whole to the thread that waits
            future.set_exception(error)

    threading.Thread(target=work, name="match", daemon=True).start()
    return future
