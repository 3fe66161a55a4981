"""The real servers, started once for all runs, and emptied between them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from elasticsearch import Elasticsearch
from kafka.admin import KafkaAdminClient, NewTopic
from redis import Redis

from tests.services.elasticsearch import ElasticsearchServer
from tests.services.kafka import KafkaServer
from tests.services.redis import RedisServer

PARTITIONS = 8
_PATIENCE = 30.0


class Servers:
    """One Redis, one Kafka, one Elasticsearch, each a node by itself."""

    def __init__(self, redis: RedisServer, kafka: KafkaServer, elastic: ElasticsearchServer) -> None:
        self.redis_url = redis.url
        self.kafka = kafka.address
        self.elasticsearch = elastic.url
        self.user, self.password = elastic.admin, elastic.password
        self.client = Elasticsearch(elastic.url, basic_auth=(elastic.admin, elastic.password))
        self._running = {"redis": redis, "kafka": kafka, "elasticsearch": elastic}

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Start all; stop them and forget their data on leaving."""
        with RedisServer() as redis, KafkaServer() as kafka, ElasticsearchServer() as elastic:
            yield cls(redis, kafka, elastic)

    @property
    def sessions(self) -> Mapping[str, int]:
        """The session of each server's processes."""
        return {name: server.pid for name, server in self._running.items() if server.pid is not None}

    def empty(self) -> None:
        """Forget everything earlier runs left in Redis and Kafka. (In Elasticsearch each run has names of its own.)"""
        with Redis.from_url(self.redis_url) as redis:
            redis.flushall()
        admin = KafkaAdminClient(bootstrap_servers=self.kafka)
        try:
            left = self._topics(admin)
            if left:
                admin.delete_topics(left)
            deadline = time.monotonic() + _PATIENCE
            while self._topics(admin):
                if time.monotonic() > deadline:
                    raise RuntimeError("Kafka did not delete its topics in time.")
                time.sleep(0.1)
        finally:
            admin.close()

    def make_topic(self, name: str) -> None:
        """A topic with as many partitions as ours have."""
        admin = KafkaAdminClient(bootstrap_servers=self.kafka)
        try:
            admin.create_topics([NewTopic(name=name, num_partitions=PARTITIONS, replication_factor=1)])
        finally:
            admin.close()

    @staticmethod
    def _topics(admin: KafkaAdminClient) -> list[str]:
        return [name for name in admin.list_topics() if not name.startswith("_")]
