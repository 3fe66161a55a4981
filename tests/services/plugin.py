"""The servers as fixtures, each started when a test first asks for it, once a run, and stopped at its end.

A server that cannot be started fails the tests that want it; nothing is skipped.
"""

from collections.abc import Iterator

import pytest

from tests.services.elasticsearch import ElasticsearchServer
from tests.services.kafka import KafkaServer
from tests.services.redis import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis. Tests share it: take a key prefix of your own, and leave it running."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    """A running Kafka. Tests share it: take a topic of your own, and leave it running."""
    with KafkaServer() as server:
        yield server


@pytest.fixture(scope="session")
def elasticsearch_server() -> Iterator[ElasticsearchServer]:
    """A running Elasticsearch. Tests share it: take an index prefix of your own, and leave it running."""
    with ElasticsearchServer() as server:
        yield server
