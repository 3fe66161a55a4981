"""Hash in the crawler's own process, then send one message a picture."""

import hashlib
import io
import json
import logging
from datetime import datetime
from typing import Any

import imagehash
import numpy as np
import pdqhash
from kafka import KafkaProducer
from PIL import Image
from scrapy.crawler import Crawler

from benchmarks.plain.job import Job

logger = logging.getLogger(__name__)

Item = dict[str, Any]
"""Any: an item is whatever the spider put into it."""


class HashPipeline:
    """Exact digests of the bytes; pHash and PDQ of the decoded picture."""

    def process_item(self, item: Item) -> Item:
        """Replace the body by its hashes; those of the looks are None when it cannot be decoded."""
        body = item.pop("body")
        item["size"] = len(body)
        item["sha256"] = hashlib.sha256(body).hexdigest()
        item["md5"] = hashlib.md5(body).hexdigest()
        item["phash"] = item["pdq"] = item["quality"] = None
        try:
            image = Image.open(io.BytesIO(body)).convert("RGB")
        except (OSError, Image.DecompressionBombError):
            logger.info("not decoded")
            return item
        item["phash"] = str(imagehash.phash(image))
        bits, item["quality"] = pdqhash.compute(np.asarray(image))
        item["pdq"] = np.packbits(bits).tobytes().hex()
        return item


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
