"""Is this a Kafka that records are safe in."""

from collections.abc import Iterator

from kafka import KafkaAdminClient

from crawler.contract.findings import Finding
from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.connection import opening, translated


def findings(table: TransportTable) -> Iterator[Finding]:
    """Brokers and versions of Kafka. Raises `UnavailableError` or `ConfigError`."""
    with opening(table) as options:
        admin = KafkaAdminClient(**options)
    with translated(table):
        try:
            brokers = admin.describe_cluster()["brokers"]
        finally:
            admin.close()
    yield Finding(level="ok", matter="transport", text=f"Kafka with {len(brokers)} broker(s)")
    if len(brokers) == 1:
        text = "one broker only: what it alone has can be lost with its disk. In earnest: three, replication_factor 3."
        yield Finding(level="warning", matter="transport", text=text)
