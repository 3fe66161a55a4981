"""The two adapters of the transport, ready for one test each: a topic of its own, and all it opened is closed."""

import contextlib
import uuid
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import msgspec

from crawler.contract.transport import DeadLetters, Delivery, Publisher, Subscriber
from crawler.transport import TransportTable, open_dead_letters, open_publisher, open_subscriber
from tests.ports.child import Child


class Transport:
    """One adapter, one topic."""

    def __init__(self, table: TransportTable, state: Path) -> None:
        self.table = table
        self.state = state
        self.topic = f"images.{uuid.uuid4().hex}"
        self._exits = contextlib.ExitStack()

    def publisher(self) -> Publisher:
        publisher = open_publisher(self.table, self.state, self.topic)
        self._exits.callback(publisher.close)
        return publisher

    def subscriber(self, group: str = "matchers") -> Subscriber:
        subscriber = open_subscriber(self.table, self.state, self.topic, group)
        self._exits.callback(subscriber.close)
        return subscriber

    def dead_letters(self) -> DeadLetters:
        letters = open_dead_letters(self.table, self.state, self.topic)
        self._exits.callback(letters.close)
        return letters

    def child(self, role: str, *words: str) -> Child:
        """Another process, that plays the role of `child_process.py`."""
        table = msgspec.json.encode(self.table, enc_hook=str).decode()
        child = Child(["-m", "tests.ports.child_process", role, table, str(self.state), self.topic, *words])
        self._exits.callback(child.kill)
        return child

    def publish(self, *messages: tuple[bytes, bytes]) -> None:
        publisher = self.publisher()
        for future in [publisher.publish(key, value) for key, value in messages]:
            future.result(timeout=30)
        publisher.close()

    def close(self) -> None:
        self._exits.close()


def take(subscriber: Subscriber, count: int, *, within: float = 30, limit: int = 100) -> list[Delivery]:
    """The next `count` messages; fails when they have not come in time."""
    deadline = monotonic() + within
    found: list[Delivery] = []
    while len(found) < count:
        assert monotonic() < deadline, f"{len(found)} of {count} messages came within {within} s"
        found += subscriber.poll(limit=min(limit, count - len(found)), timeout=0.5)
    return found


def values(deliveries: Sequence[Delivery]) -> list[bytes]:
    return [each.value for each in deliveries]
