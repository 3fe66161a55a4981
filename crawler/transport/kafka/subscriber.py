"""From Kafka to a matcher: one member of a consumer group."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import TimeoutError as NotYetError
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition, errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from crawler.contract.clock import Clock
from crawler.contract.errors import LostClaimError
from crawler.contract.transport import Delivery
from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.connection import opening, translated
from crawler.transport.kafka.joining import Joining
from crawler.transport.kafka.letters import headers
from crawler.transport.kafka.sending import Sending
from crawler.transport.kafka.topics import dead_topic, ensure

_COMMIT_SECONDS = 10.0
_CLOSE_MS = 5_000


class KafkaSubscriber:
    """A `Subscriber` on Kafka.

    A member that dies, or whose process hangs, loses its partitions after six seconds; one that lives and neither
    polls nor keeps alive, after thirty. Rebalances are cooperative: who keeps a partition does not notice.
    """

    def __init__(self, table: TransportTable, topic: str, group: str, clock: Clock = time.time) -> None:
        ensure(table, topic)
        self._table = table
        self._topic = topic
        self._clock = clock
        self._sending: Sending | None = None
        self._claims = _Claims()
        with opening(table) as options:
            self._consumer = KafkaConsumer(
                **options,
                metrics_enabled=False,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                partition_assignment_strategy=(CooperativeStickyAssignor,),
                # The least a broker allows by default.
                session_timeout_ms=6_000,
                heartbeat_interval_ms=1_500,
                max_poll_interval_ms=30_000,
                allow_auto_create_topics=False,
            )
        self._claims.consumer = self._consumer
        self._joining = Joining(self._consumer)
        self._consumer.subscribe([topic], listener=self._claims)

    def poll(self, *, limit: int, timeout: float) -> Sequence[Delivery]:
        """Reads from all partitions that are ours; a broker that is away looks like a topic without news."""
        deadline = time.monotonic() + timeout
        self._claims.paused = False
        self._consumer.resume(*self._consumer.paused())
        with translated(self._table):
            if not self._joining.done(within=timeout):
                return []
            left = max(0.0, deadline - time.monotonic())
            found = self._consumer.poll(timeout_ms=int(left * 1000), max_records=limit)
        return [self._delivery(record) for records in found.values() for record in records]

    def commit(self, deliveries: Sequence[Delivery]) -> None:
        """Commits what is still ours even when it raises `LostClaimError` for the rest.

        A rebalance in mid-commit is waited for, ten seconds at most: most partitions stay where they are.
        """
        deadline = time.monotonic() + _COMMIT_SECONDS
        while True:
            ours = self._claims.following(deliveries)
            lost = any((each.partition not in ours) for each in deliveries)
            try:
                with translated(self._table):
                    if ours:
                        offsets = {
                            TopicPartition(self._topic, part): OffsetAndMetadata(offset, "", -1)
                            for part, offset in ours.items()
                        }
                        self._commit(offsets)
            except _RebalancingError:
                if time.monotonic() < deadline:
                    self.keep_alive()
                    time.sleep(0.05)
                    continue
                lost = True
            if lost:
                raise LostClaimError(
                    "Another member of the group has taken over a partition of this batch and is given its messages "
                    "again. Go on with the next batch."
                )
            return

    def keep_alive(self) -> None:
        """Take part in heartbeats and rebalances with all partitions paused, those that come in meanwhile too."""
        self._claims.paused = True
        self._consumer.pause(*self._consumer.assignment())
        # What is wrong shows at the next poll or commit.
        with contextlib.suppress(errors.KafkaError):
            if not self._joining.done(within=0):
                return
            for records in self._consumer.poll(timeout_ms=0, max_records=1).values():
                # A partition was given to us between pause and poll: read it again when it is its turn.
                self._consumer.seek(TopicPartition(self._topic, records[0].partition), records[0].offset)

    def bury(self, delivery: Delivery, reason: str) -> None:
        """Durable when it returns; one message is put aside once, however often it is delivered."""
        if self._sending is None:
            self._sending = Sending(self._table)
        beside = headers(topic=self._topic, key=delivery.key, reason=reason, clock=self._clock)
        # The same key for the same message: the dead-letter topic is compacted.
        key = f"{delivery.partition}-{delivery.offset}".encode()
        done = self._sending.send(dead_topic(self._topic), key, delivery.value, beside)
        while True:
            try:
                return done.result(timeout=0.5)
            except NotYetError:
                self.keep_alive()

    def lag(self) -> int:
        """Asked of the broker: some round trips for each partition."""
        with translated(self._table):
            numbers = self._consumer.partitions_for_topic(self._topic)
            if not numbers:
                raise errors.UnknownTopicOrPartitionError
            partitions = [TopicPartition(self._topic, number) for number in numbers]
            ends = self._consumer.end_offsets(partitions)
            begins = self._consumer.beginning_offsets(partitions)
            left = 0
            for each in partitions:
                committed = self._consumer.committed(each)
                left += max(0, ends[each] - max(begins[each], committed or 0))
        return left

    def close(self) -> None:
        """Leave the group, so that the others take over at once, and let go of connections."""
        with contextlib.suppress(errors.KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
        if self._sending is not None:
            self._sending.close()

    def _delivery(self, record: Any) -> Delivery:
        # Any: kafka-python's ConsumerRecord. Others may write without key or value; we never do.
        self._claims.handed_out(record.partition, record.offset)
        return Delivery(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key or b"",
            value=record.value or b"",
        )

    def _commit(self, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        try:
            self._consumer.commit(offsets, timeout_ms=_COMMIT_SECONDS * 1000)
        except (errors.RebalanceInProgressError, errors.CommitFailedError) as error:
            raise _RebalancingError from error


class _RebalancingError(Exception):
    """The group is being arranged anew; whose a partition is shows afterwards."""


class _Claims(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    """Which partitions are ours, and from where to where we have read each since it became so.

    Kafka itself takes any member's commit for any partition; a late one would take the group back. Called by the
    client's own thread when partitions change.
    """

    def __init__(self) -> None:
        self.consumer: Any = None
        self.paused = False
        self._read: dict[int, tuple[int, int]] = {}

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for each in assigned:
            self._read.pop(each.partition, None)
        if self.paused:
            # They arrive unpaused.
            self.consumer.pause(*assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for each in revoked:
            self._read.pop(each.partition, None)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)

    def handed_out(self, partition: int, offset: int) -> None:
        begun, _ = self._read.get(partition, (offset, 0))
        self._read[partition] = (begun, offset + 1)

    def following(self, deliveries: Sequence[Delivery]) -> dict[int, int]:
        """For each partition that is ours the offset after the last of these; without those that are not."""
        found: dict[int, int] = {}
        for each in deliveries:
            begun, unread = self._read.get(each.partition, (0, 0))
            if begun <= each.offset < unread:
                found[each.partition] = max(found.get(each.partition, 0), each.offset + 1)
        return found
