"""A topic read from end to end by nobody in particular: no group, no commits."""

import time
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition, errors

from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.connection import opening, translated

_SILENT_SECONDS = 30.0


def read_through(table: TransportTable, topic: str) -> Iterator[Any]:
    """Every record the topic has now, partition after partition, in order. Raises `UnavailableError`, `ConfigError`.

    Any: kafka-python's ConsumerRecord, which has no types.
    """
    with opening(table) as options:
        consumer = KafkaConsumer(**options, enable_auto_commit=False, auto_offset_reset="earliest")
    with translated(table):
        try:
            for number in sorted(consumer.partitions_for_topic(topic) or ()):
                partition = TopicPartition(topic, number)
                consumer.assign([partition])
                consumer.seek_to_beginning(partition)
                end = consumer.end_offsets([partition])[partition]
                # Compaction leaves gaps, up to the end: the position tells when all is read, not the last offset.
                heard_at = time.monotonic()
                while (position := consumer.position(partition)) < end:
                    if time.monotonic() - heard_at > _SILENT_SECONDS:
                        raise errors.KafkaTimeoutError
                    for record in consumer.poll(timeout_ms=500).get(partition, ()):
                        if record.offset < end:
                            yield record
                    if consumer.position(partition) > position:
                        heard_at = time.monotonic()
        finally:
            consumer.close()
