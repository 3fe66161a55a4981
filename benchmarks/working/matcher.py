"""One matcher, in a process of its own, put together as `zoeklicht match` does; tells on its output how it went.

`python -m benchmarks.working.matcher STATE TRANSPORT BATCH`; `PLAIN` for BATCH: kafka-python alone, that only decodes.
"""

import cProfile
import io
import json
import os
import pstats
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaConsumer

from benchmarks.working.known import open_store
from benchmarks.working.messages import DIGEST_KEY, VEIL_KEY
from crawler.contract.records import IMAGES_SEEN, ImageSeen
from crawler.contract.transport import Delivery, Subscriber
from crawler.transport import TransportTable, open_subscriber
from matchers.floods import open_flood_watch
from matchers.hits import HitsTable, open_hit_store
from matchers.known import LoadedKnownSet
from matchers.rematching import Standing
from matchers.seen import SeenTable, open_seen_store
from matchers.worker import Flooding, MatchingTable, MatchWorker


class _Timed:
    """A subscriber that notes when the first message came and the last was committed."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self.first: float | None = None
        self.first_batch = 0
        self.last = 0.0

    def poll(self, *, limit: int, timeout: float) -> Sequence[Delivery]:
        found = self._subscriber.poll(limit=limit, timeout=timeout)
        if found and self.first is None:
            self.first = time.time()
        return found

    def commit(self, deliveries: Sequence[Delivery]) -> None:
        self._subscriber.commit(deliveries)
        self.last = time.time()

    def __getattr__(self, name: str) -> Any:  # Any: whatever else a subscriber has
        return getattr(self._subscriber, name)


def main(state: Path, table: TransportTable, batch: str) -> None:
    """Work until nothing is left, then tell."""
    print(json.dumps(_plain(table) if batch == "PLAIN" else _ours(state, table, int(batch))), flush=True)


def _plain(table: TransportTable) -> dict[str, Any]:
    # Any: JSON.
    decoder = msgspec.json.Decoder(ImageSeen)
    consumer = KafkaConsumer(
        table.topic_prefix + IMAGES_SEEN,
        bootstrap_servers=list(table.bootstrap_servers),
        group_id="plain",
        auto_offset_reset="earliest",
        enable_auto_commit=True,
    )
    looked_up, first, last = 0, None, 0.0
    quiet_since = time.monotonic()
    _ready()
    while time.monotonic() - quiet_since < 3 or first is None:
        found = [each for some in consumer.poll(timeout_ms=200, max_records=1000).values() for each in some]
        if found:
            first = first or time.time()
            for each in found:
                decoder.decode(each.value)
            looked_up += len(found)
            last, quiet_since = time.time(), time.monotonic()
    consumer.close()
    return {"looked_up": looked_up, "first": first, "last": last}


def _ours(state: Path, transport: TransportTable, batch: int) -> dict[str, Any]:
    # Any: JSON.
    table = MatchingTable(batch=batch)
    store = open_store(state)
    known = LoadedKnownSet(store, distance=table.distance, min_quality=table.min_quality, dihedral=table.dihedral)
    hits = open_hit_store(HitsTable(), state)
    seen = open_seen_store(SeenTable(), state, time.time, veil_key=VEIL_KEY, digest_key=DIGEST_KEY)
    watch = open_flood_watch(table.floods, state, time.time, digest_key=DIGEST_KEY)
    subscriber = _Timed(open_subscriber(transport, state, IMAGES_SEEN, transport.group))
    worker = MatchWorker(
        subscriber,
        known,
        hits,
        table,
        digest_key=DIGEST_KEY,
        standing=Standing(store, hits),
        flooding=Flooding(watch, store),
        seen_store=seen,
    )
    loaded = _memory()
    _ready()
    before = time.process_time()
    profiles: list[cProfile.Profile] = []
    if os.environ.get("WORKING_PROFILE"):
        _profile_threads(profiles)
    with known.kept_fresh(2.0):
        counts = worker.run(once=True)
    subscriber.close()
    if profiles:
        told = io.StringIO()
        stats = pstats.Stats(profiles[0], stream=told)
        for each in profiles[1:]:
            stats.add(each)
        stats.sort_stats("tottime").print_stats(35)
        print(told.getvalue(), file=sys.stderr)
    return {
        **msgspec.structs.asdict(counts),
        "first": subscriber.first,
        "last": subscriber.last,
        "rss_loaded_mb": loaded,
        "rss_mb": _memory(),
        "cpu_us_per_message": round((time.process_time() - before) * 1e6 / max(1, counts.looked_up)),
    }


def _profile_threads(profiles: list[cProfile.Profile]) -> None:
    """Each batch has a thread of its own."""
    plain = threading.Thread.run

    def run(self: threading.Thread) -> None:
        if self.name != "match":
            plain(self)
            return
        profile = cProfile.Profile(time.thread_time)  # what other processes take does not count
        profiles.append(profile)
        profile.runcall(plain, self)

    threading.Thread.run = run  # type: ignore[method-assign]  # to look into threads that others start


def _ready() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


if __name__ == "__main__":
    described = msgspec.json.decode(sys.argv[2], type=TransportTable, dec_hook=lambda kind, value: kind(value))
    main(Path(sys.argv[1]), described, sys.argv[3])
