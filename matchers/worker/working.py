"""The matcher's loop. Nothing is committed before the hit store has it, so nothing is lost wherever this ends."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import Final, NamedTuple, TypeVar

from crawler.contract.errors import InvalidRecordError, LostClaimError, UnavailableError
from crawler.contract.records import ImageSeen
from crawler.contract.transport import Delivery, Subscriber
from crawler.transport.codec import decode
from matchers.contract.errors import TooMuchPoisonError
from matchers.contract.ports import HitStore, KnownSet
from matchers.seen import SeenStore
from matchers.worker.batches import Batches, KeepsStanding
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
_AHEAD_SECONDS: Final = 0.02
"""How long to wait at a time for the batch after the one that is being stored."""
_GRACE_SECONDS: Final = 5.0
"""How long a batch that is being stored may take to finish once the process is told to stop."""

T = TypeVar("T")


class MatchWorker:
    """One member of the group of matchers. Use it from the thread that opened the subscriber.

    A batch is matched and stored on a thread of its own, while this one commits the batch before, reads the one after,
    and then keeps the subscriber in its group with all partitions paused.
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
        self._subscriber = subscriber
        self._table = table
        self._batches = Batches(
            known_set,
            hit_store,
            table,
            digest_key=digest_key,
            standing=standing,
            flooding=flooding,
            seen_store=seen_store,
        )
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
            self._loop(once, should_stop)
        except ToldToStopError:
            LOG.info("told to stop during an outage; what was not stored will be delivered again")
        return self._counts

    def _loop(self, once: bool, should_stop: Callable[[], bool]) -> None:
        waiting = _ONCE_SECONDS if once else _POLL_SECONDS
        ahead: _Batch | None = None
        stored: _Batch | None = None
        while not should_stop():
            batch, ahead = ahead or self._next(waiting, should_stop), None
            if batch is None:
                if once and self._asked(self._subscriber.lag, should_stop) == 0:
                    return
                continue
            storing = _in_background(partial(self._batches.match_and_store, batch.seen, self._stopping))
            # The batch before was stored and is committed while this one is worked on; nothing is ever committed
            # before all that came before it is stored.
            if stored:
                self._commit(stored, should_stop)
            counts, ahead = self._awaited(storing, batch, should_stop)
            self._counts = self._counts.plus(counts)
            stored = batch
            if not ahead:
                self._commit(batch, should_stop)
                stored = None
            batch.check_poison()
            if not once and len(batch.deliveries) < self._table.batch:
                time.sleep(_REST_SECONDS)
        if stored:  # what was read ahead of it is delivered again, to whoever has its partitions then
            self._commit(stored, should_stop)

    def _next(self, seconds: float, should_stop: Callable[[], bool]) -> "_Batch | None":
        poll = partial(self._subscriber.poll, limit=self._table.batch, timeout=seconds)
        deliveries = self._asked(poll, should_stop)
        return self._read(deliveries, should_stop) if deliveries else None

    def _read(self, deliveries: Sequence[Delivery], should_stop: Callable[[], bool]) -> "_Batch":
        """The records of all of them, or of those before the message that there was too much poison up to."""
        seen = []
        for number, delivery in enumerate(deliveries):
            try:
                seen.append(decode(delivery.value))
            except InvalidRecordError as invalid:
                if self._poison_in_a_row >= self._table.poison_limit:
                    return _Batch(deliveries[:number], seen, self._poison_in_a_row)
                self._asked(partial(self._subscriber.bury, delivery, str(invalid)), should_stop)
                self._poison_in_a_row += 1
                self._counts = self._counts.plus(MatcherCounts(poison=1))
                LOG.warning("%s put aside: %s", delivery, invalid)
            else:
                self._poison_in_a_row = 0
        return _Batch(deliveries, seen)

    def _ahead(self, should_stop: Callable[[], bool]) -> "_Batch | None":
        """The next batch, if there is one already: it is fetched and read while the one before is being stored."""
        try:
            deliveries = self._subscriber.poll(limit=self._table.batch, timeout=_AHEAD_SECONDS)
        except UnavailableError as error:
            LOG.warning("%s", error)
            return None
        return self._read(deliveries, should_stop) if deliveries else None

    def _awaited(
        self, storing: Future[MatcherCounts], batch: "_Batch", should_stop: Callable[[], bool]
    ) -> tuple[MatcherCounts, "_Batch | None"]:
        """What storing it came to, and the batch after it if that was at hand; stays in the group meanwhile.

        One batch is read ahead and no more, and none while less is coming than fits into one: what the stores are too
        slow for stays with the broker. Told to stop, it waits a little longer and then lets go.
        """
        ahead: _Batch | None = None
        give_up: float | None = None
        while True:
            reads = ahead is None and give_up is None and len(batch.deliveries) == self._table.batch
            if wait([storing], timeout=0 if reads else _KEEP_ALIVE_SECONDS).done:
                return storing.result(), ahead
            if reads:
                ahead = self._ahead(should_stop)
            else:
                try:
                    self._subscriber.keep_alive()
                except (UnavailableError, LostClaimError) as error:
                    LOG.warning("%s", error)
            if give_up is None and should_stop():
                self._stopping.set()
                give_up = time.monotonic() + _GRACE_SECONDS
            if give_up is not None and time.monotonic() > give_up:
                raise ToldToStopError

    def _commit(self, batch: "_Batch", should_stop: Callable[[], bool]) -> None:
        if not batch.deliveries:
            return
        try:
            self._asked(partial(self._subscriber.commit, batch.deliveries), should_stop)
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


class _Batch(NamedTuple):
    """Messages that can be committed once their records are stored."""

    deliveries: Sequence[Delivery]
    seen: Sequence[ImageSeen]
    """Their records; fewer where some were put aside."""
    too_much_poison: int | None = None
    """So many in a row could not be read that the batch ends there."""

    def check_poison(self) -> None:
        if self.too_much_poison is not None:
            raise TooMuchPoisonError(
                f"{self.too_much_poison} messages in a row could not be read, so the matcher stopped. Is something "
                "else writing to this topic, or a crawler of another version? See: zoeklicht dead list"
            )


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
