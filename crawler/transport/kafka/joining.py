"""Taking part in a group's rebalances on the client's own thread, whatever the caller is doing meanwhile.

kafka-python 3.0.12 waits for a rebalance inside `poll()` only. One that ends between two polls is thrown away and asked
for again, for all members: with short polls a group may go on like that for minutes (two members and polls of 100 ms:
28 s in one of two trials). Worse, if it is the one that brings the partitions, the client takes itself for joined and
never has any. So every rebalance, those that `poll()` itself comes upon included, runs to its end on its own.
"""

import time
from typing import Any

from kafka import KafkaConsumer

_LOOK_AGAIN_SECONDS = 0.005


class Joining:
    """Keeps one consumer a member of its group. Used by the consumer's thread."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        # Any: kafka-python has no types. The one place that reaches into the client; the port's suite tells when it
        # changes.
        self._coordinator: Any = consumer._coordinator  # noqa: SLF001
        self._manager: Any = consumer._manager  # noqa: SLF001
        self._under_way: Any = None
        # New metadata may ask for a rebalance in the midst of a poll, which would wait for it no longer than it lasts.
        self._coordinator.ensure_active_group = self._within_a_poll

    def done(self, *, within: float) -> bool:
        """Whether we are a member now and no rebalance is under way, waiting so many seconds for it at most.

        Raises kafka-python's errors.
        """
        if self._under_way is None:
            if not self._coordinator.need_rejoin():
                return True
            self._under_way = self._manager.call_soon(self._coordinator.ensure_active_group_async)
        deadline = time.monotonic() + within
        while not self._under_way.is_done:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _LOOK_AGAIN_SECONDS))
        ended, self._under_way = self._under_way, None
        if ended.failed():
            raise ended.exception
        return True

    def _within_a_poll(self, timeout_ms: float | None = None) -> bool:
        """Takes the place of the client's own way to wait; returns whether it is a member now, as that does."""
        return self.done(within=float("inf") if timeout_ms is None else timeout_ms / 1000)
