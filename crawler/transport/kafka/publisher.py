"""From the crawler into Kafka."""

import secrets
import time
from concurrent.futures import Future

from crawler.contract.clock import Clock
from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.letters import headers
from crawler.transport.kafka.sending import Sending
from crawler.transport.kafka.topics import dead_topic, ensure


class KafkaPublisher:
    """A `Publisher` on Kafka. An outage shorter than `delivery_seconds` goes unnoticed."""

    def __init__(self, table: TransportTable, topic: str, clock: Clock = time.time) -> None:
        ensure(table, topic)
        self._topic = topic
        self._clock = clock
        self._sending = Sending(table)

    def publish(self, key: bytes, value: bytes) -> Future[None]:
        """Acknowledged by all in-sync replicas when the future resolves. At most 20,000 may be under way."""
        return self._sending.send(self._topic, key, value)

    def bury(self, key: bytes, value: bytes, reason: str) -> Future[None]:
        """Durable like `publish`."""
        beside = headers(topic=self._topic, key=key, reason=reason, clock=self._clock)
        return self._sending.send(dead_topic(self._topic), secrets.token_hex(16).encode(), value, beside)

    def close(self) -> None:
        """Wait, `delivery_seconds` at most, for what is under way; what is not sent by then has failed."""
        self._sending.close()
