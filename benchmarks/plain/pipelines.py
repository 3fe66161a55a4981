"""Send one message a picture."""

import json
from datetime import datetime

from kafka import KafkaProducer
from scrapy.crawler import Crawler

from benchmarks.plain.hashing import Item
from benchmarks.plain.job import Job


class KafkaPipeline:
    """kafka-python's producer; it batches and sends in a thread of its own."""

    def __init__(self, job: Job) -> None:
        self._topic = job.topic
        self._producer = KafkaProducer(bootstrap_servers=job.kafka, acks="all")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "KafkaPipeline":
        """Called by Scrapy."""
        return cls(crawler.settings["PLAIN_JOB"])

    def process_item(self, item: Item) -> Item:
        """Send one picture's record."""
        fetched_at: datetime = item["fetched_at"]
        self._producer.send(self._topic, json.dumps({**item, "fetched_at": fetched_at.isoformat()}).encode())
        return item

    def close_spider(self) -> None:
        """Wait for what is under way."""
        self._producer.flush()
        self._producer.close()
