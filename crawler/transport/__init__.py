# ruff: noqa: PLC0415 - adapters are imported where they are opened: who stays on one machine pays nothing for Kafka
"""Between hash and match: the transport's one door. Which adapter is behind it, the `[transport]` table says.

Messages are bytes here; `encode` and `decode` turn them from and into `ImageSeen`, both validating.
"""

from collections.abc import Iterator
from pathlib import Path

from crawler.contract.findings import Finding
from crawler.contract.transport import DeadLetters, Publisher, Subscriber
from crawler.transport.codec import decode, encode
from crawler.transport.configuration import TransportTable

__all__ = [
    "TransportTable",
    "check_transport",
    "decode",
    "encode",
    "open_dead_letters",
    "open_publisher",
    "open_subscriber",
]

_FILE = "transport.sqlite"
"""The embedded log's name in the state folder."""


def open_publisher(table: TransportTable, state: Path, topic: str) -> Publisher:
    """Open a publisher; creates the topic where it is missing. `state` must exist (the embedded log lives there).

    Raises `UnavailableError` within `connect_seconds` when Kafka does not answer, `ConfigError` when it refuses us.
    """
    if table.kind == "kafka":
        from crawler.transport.kafka.publisher import KafkaPublisher

        return KafkaPublisher(table, table.topic_prefix + topic)
    from crawler.transport.embedded.publisher import EmbeddedPublisher

    return EmbeddedPublisher(
        state / _FILE, table.topic_prefix + topic, partitions=table.partitions, retention_days=table.retention_days
    )


def open_subscriber(table: TransportTable, state: Path, topic: str, group: str) -> Subscriber:
    """Join `group` on `topic`; a new group starts with the oldest message. Errors as in `open_publisher`."""
    if table.kind == "kafka":
        from crawler.transport.kafka.subscriber import KafkaSubscriber

        return KafkaSubscriber(table, table.topic_prefix + topic, group)
    from crawler.transport.embedded.subscriber import EmbeddedSubscriber

    return EmbeddedSubscriber(state / _FILE, table.topic_prefix + topic, group, partitions=table.partitions)


def open_dead_letters(table: TransportTable, state: Path, topic: str) -> DeadLetters:
    """Open what was put aside on `topic`. Errors as in `open_publisher`."""
    if table.kind == "kafka":
        from crawler.transport.kafka.dead_letters import KafkaDeadLetters

        return KafkaDeadLetters(table, table.topic_prefix + topic)
    from crawler.transport.embedded.dead_letters import EmbeddedDeadLetters

    return EmbeddedDeadLetters(state / _FILE, table.topic_prefix + topic, partitions=table.partitions)


def check_transport(table: TransportTable) -> Iterator[Finding]:
    """What the server behind it says of itself; nothing for the embedded one. Raises what opening it raises."""
    if table.kind == "kafka":
        from crawler.transport.kafka.checkup import findings

        yield from findings(table)
