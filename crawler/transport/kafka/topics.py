"""The topics we use, made where they are missing: the one for records, and its dead letters."""

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.connection import opening, translated


def dead_topic(topic: str) -> str:
    """The name of a topic's dead letters."""
    return f"{topic}.dead"


def ensure(table: TransportTable, topic: str) -> None:
    """Make the topic and its dead letters where they are missing; needs no right to make topics where they are not.

    The dead letters are compacted: a letter stays, however old, until a tombstone under its key says it was
    replayed. One partition keeps them in order. Raises `UnavailableError`, `ConfigError`.
    """
    replicas = -1 if table.replication_factor is None else table.replication_factor
    wanted = {
        topic: {"num_partitions": table.partitions, "replication_factor": replicas},
        dead_topic(topic): {
            "num_partitions": 1,
            "replication_factor": replicas,
            "configs": {"cleanup.policy": "compact"},
        },
    }
    with opening(table) as options:
        admin = KafkaAdminClient(**options)
    with translated(table):
        try:
            present = set(admin.list_topics())
            for name, settings in wanted.items():
                if name in present:
                    continue
                try:
                    admin.create_topics({name: settings}, wait_for_metadata=True)
                except TopicAlreadyExistsError:
                    # Another process was quicker.
                    continue
        finally:
            admin.close()
