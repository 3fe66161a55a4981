"""`python -m benchmarks.plain.match JOB.json`: one plain matcher, until it is told to end."""

import hashlib
import json
import sys
from pathlib import Path

from elasticsearch import Elasticsearch
from kafka import KafkaConsumer

from benchmarks.plain.flat import FlatIndex
from benchmarks.plain.job import read_job

MAPPING = {
    "properties": {
        "url": {"type": "keyword"},
        "page_url": {"type": "keyword"},
        "sha256": {"type": "keyword"},
        "fetched_at": {"type": "date"},
        "quality": {"type": "integer"},
        "matches": {"properties": {"list_id": {"type": "keyword"}, "distance": {"type": "integer"}}},
    }
}


def main(path: str) -> None:
    """Match one message after the other, and index one hit after the other."""
    job = read_job(path)
    known = FlatIndex(Path(job.known))
    store = Elasticsearch(job.elasticsearch, basic_auth=(job.user, job.password))
    if not store.indices.exists(index=job.index):
        store.indices.create(index=job.index, mappings=MAPPING)
    consumer = KafkaConsumer(
        job.topic,
        bootstrap_servers=job.kafka,
        group_id=job.topic,
        auto_offset_reset="earliest",
    )
    for message in consumer:
        seen = json.loads(message.value)
        found = [(name, 0) for digest in (seen["sha256"], seen["md5"]) for name in known.exact(digest)]
        if seen["pdq"] is not None and seen["quality"] >= 50:
            found += known.near(seen["pdq"])
        if found:
            hit = {key: seen[key] for key in ("url", "page_url", "sha256", "fetched_at", "quality")}
            hit["matches"] = [{"list_id": name, "distance": distance} for name, distance in found]
            store.index(index=job.index, id=name_of(seen["url"]), document=hit)


def name_of(url: str) -> str:
    """The id of a hit: the same picture found again is the same document."""
    return hashlib.sha1(url.encode()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1])
