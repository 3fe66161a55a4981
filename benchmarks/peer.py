"""The peer's side: `benchmarks.plain` on the same servers, with the same practice web and known set."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from kafka import KafkaConsumer
from redis import Redis

from benchmarks.plain.job import Job
from benchmarks.plain.match import name_of
from benchmarks.practice_web import Web
from benchmarks.servers import Servers
from benchmarks.sides import moment


class PlainSide:
    """Plain wiring of the same libraries."""

    name = "plain"
    publishes_empty = True

    def __init__(self, servers: Servers, web: Web, known: Path, folder: Path) -> None:
        """Empty the servers, make the topic, queue the seeds as scrapy-redis wants them."""
        servers.empty()
        self._client = servers.client
        self._index = folder.name
        self._kafka = servers.kafka
        servers.make_topic(self._index)
        with Redis.from_url(servers.redis_url) as redis:
            seeds = [url for site in web.sites for url in site.seeds]
            redis.rpush("plain:start_urls", *(msgspec.json.encode({"url": url}) for url in seeds))
        job = Job(
            redis_url=servers.redis_url,
            kafka=servers.kafka,
            topic=self._index,
            elasticsearch=servers.elasticsearch,
            user=servers.user,
            password=servers.password,
            index=self._index,
            known=str(known),
            sites=tuple(web.sites),
        )
        path = folder / "job.json"
        path.write_bytes(msgspec.json.encode(job))
        self.matcher: Sequence[str] = [sys.executable, "-m", "benchmarks.plain.match", str(path)]
        self.crawler: Sequence[str] = [sys.executable, "-m", "benchmarks.plain.crawl", str(path)]
        urls = [each.url for each in web.truth.planted]
        self.hit_names: Mapping[str, str] = {url: name_of(url) for url in urls}
        self.picture_names: Mapping[str, str] = {url: name_of(url) for url in web.ready.picture_urls}

    def hits(self) -> Mapping[str, float]:
        """See `Side`."""
        found = self._client.search(
            index=self._index, source_includes=["fetched_at"], size=10_000, ignore_unavailable=True
        )
        return {each["_id"]: moment(each["_source"]["fetched_at"]) for each in found["hits"]["hits"]}

    def published(self) -> Collection[str]:
        """See `Side`."""
        consumer = KafkaConsumer(
            self._index, bootstrap_servers=self._kafka, auto_offset_reset="earliest", consumer_timeout_ms=3000
        )
        found = {name_of(msgspec.json.decode(message.value)["url"]) for message in consumer}
        consumer.close()
        return found

    def close(self) -> None:
        """See `Side`: the client is the servers'."""
