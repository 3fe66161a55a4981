"""The transport port: records from crawlers to matchers, at least once, in order within a key.

Adapters: Kafka, and an embedded log in SQLite. Offsets move only by `commit`, which the worker calls after the
store has answered for every item. What cannot be read goes to dead letters with its reason, and can be replayed.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Protocol

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record


class Delivery(Record, frozen=True, kw_only=True):
    """One message as it was read. Its repr hides the payload."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes

    def __repr__(self) -> str:
        return f"Delivery({self.topic}/{self.partition}@{self.offset})"


class DeadLetter(Record, frozen=True, kw_only=True):
    """A message that was put aside. Replaying publishes `value` to `topic` again under `key`."""

    id: str
    """Where it lies: `partition-offset` of the dead-letter topic."""
    topic: str
    """The topic it was meant for."""
    key: bytes
    value: bytes
    reason: str
    """Says what is wrong with it and repeats nothing of it."""
    at: UtcTime

    def __repr__(self) -> str:
        return f"DeadLetter({self.id}, {self.reason!r})"


class Publisher(Protocol):
    """Sends messages of one topic. Thread-safe."""

    def publish(self, key: bytes, value: bytes) -> Future[None]:
        """Send one message. The future resolves once it is durable (all in-sync replicas; fsync), not before.

        It fails with `UnavailableError` when that did not happen within the configured time; sending again is
        safe. Never blocks for long; the future may resolve on another thread.
        """

    def bury(self, key: bytes, value: bytes, reason: str) -> Future[None]:
        """Send one message to the dead letters instead, with its reason. Durable when the future resolves."""

    def close(self) -> None:
        """Wait, within bounds, until everything sent is durable, then let go of connections."""


class Subscriber(Protocol):
    """One member of a consumer group on one topic. Used by one thread."""

    def poll(self, *, limit: int, timeout: float) -> Sequence[Delivery]:
        """Up to `limit` messages of the partitions assigned to this member, waiting `timeout` seconds at most.

        Reads on from the last message it returned; a member that starts, or takes a partition over, reads from
        the group's last commit.
        """

    def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Everything up to and including these is done, for the whole group; durable when it returns.

        Raises `LostClaimError` when a partition has meanwhile been given to another member (its messages are
        delivered again, there), `UnavailableError` when the broker does not answer.
        """

    def keep_alive(self) -> None:
        """Stay in the group without reading. Call at least every second while a batch is being worked on."""

    def bury(self, delivery: Delivery, reason: str) -> None:
        """Put one message aside with its reason; durable when it returns. Commit it like any other."""

    def lag(self) -> int:
        """How many messages of the topic the group has not committed yet, over all partitions."""

    def close(self) -> None:
        """Leave the group at once, so that others go on."""


class DeadLetters(Protocol):
    """What was put aside on one topic and has not been replayed."""

    def letters(self) -> Iterator[DeadLetter]:
        """The letters, oldest first."""

    def replay(self, ids: Sequence[str] | None = None) -> int:
        """Publish letters to their topic again, all of them or those named; returns how many.

        A letter is marked replayed only after its message is durable: a crash between may replay it twice.
        """

    def close(self) -> None:
        """Let go of connections."""
