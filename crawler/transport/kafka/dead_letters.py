"""What was put aside in Kafka: listing it, and publishing it again.

The dead-letter topic is compacted. Each letter has a key of its own; the last record under a key counts. Replaying
publishes the value, waits for the acknowledgement, then sends a tombstone under the letter's key: the letter is no
longer listed, and Kafka removes it in time.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from crawler.contract.transport import DeadLetter
from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.letters import letter
from crawler.transport.kafka.reading import read_through
from crawler.transport.kafka.sending import Sending
from crawler.transport.kafka.topics import dead_topic, ensure

_AT_ONCE = 500


class KafkaDeadLetters:
    """`DeadLetters` on Kafka. A crash between publishing and tombstone replays a letter twice."""

    def __init__(self, table: TransportTable, topic: str) -> None:
        ensure(table, topic)
        self._table = table
        self._topic = topic
        self._sending: Sending | None = None

    def letters(self) -> Iterator[DeadLetter]:
        """The letters that were there at the call. Reads the topic twice: first for what has been replayed."""
        for record in self._current():
            yield self._letter(record)

    def replay(self, ids: Sequence[str] | None = None) -> int:
        """Publish all letters or those named; what is not there (any more) is passed over."""
        wanted = None if ids is None else set(ids)
        batch: list[Any] = []
        replayed = 0
        for record in self._current():
            if wanted is None or _place(record) in wanted:
                batch.append(record)
            if len(batch) == _AT_ONCE:
                replayed += self._replay(batch)
                batch = []
        return replayed + self._replay(batch)

    def close(self) -> None:
        """Let go of connections."""
        if self._sending is not None:
            self._sending.close()

    def _current(self) -> Iterator[Any]:
        # Any: kafka-python's ConsumerRecord.
        last: dict[tuple[int, bytes | None], int] = {}
        for record in read_through(self._table, dead_topic(self._topic)):
            last[record.partition, record.key] = record.offset
        for record in read_through(self._table, dead_topic(self._topic)):
            if last.get((record.partition, record.key)) == record.offset and record.value is not None:
                yield record

    def _letter(self, record: Any) -> DeadLetter:
        return letter(
            place=_place(record),
            topic=self._topic,
            value=record.value,
            found=record.headers,
            timestamp_ms=record.timestamp,
        )

    def _replay(self, records: Sequence[Any]) -> int:
        if not records:
            return 0
        if self._sending is None:
            self._sending = Sending(self._table)
        published: list[Future[None]] = []
        for record in records:
            found = self._letter(record)
            published.append(self._sending.send(found.topic, found.key, found.value))
        for each in published:
            each.result()
        marked = [self._sending.send(dead_topic(self._topic), record.key, None) for record in records]
        for each in marked:
            each.result()
        return len(records)


def _place(record: Any) -> str:
    return f"{record.partition}-{record.offset}"
