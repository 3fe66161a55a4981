"""`python -m benchmarks.frontier`: prints one JSON object. benchmarks/README.md tells what it holds."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.frontier import flat, killing, memory, rates
from benchmarks.frontier.watching import Watched, watched
from tests.services.redis import RedisServer
from tests.services.redis_forwarder import Forwarder

MEANING = (
    "addresses a second through add, lease and complete, divided by addresses a second through enqueue_request and "
    "next_request; targets and requests made before; Redis on the same machine; the lowest of the process counts"
)
LEFT_OUT = (
    "making targets and requests (fingerprints included) in `urls_per_s`; `crawl_urls_per_s` counts it on both sides",
    "politeness: hosts have no gap here, and scrapy-redis knows none across processes",
    "renewals, budgets that are used up, reports, revisits, settling hosts at addresses",
    "scrapy-redis's `has_pending_requests`, its spiders' start queue, anything for a request that is done: it has none",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    warnings.simplefilter("ignore")  # scrapy-redis calls Scrapy in ways that are on their way out
    with (
        tempfile.TemporaryDirectory(prefix="zoeklicht-frontier-") as folder,
        RedisServer() as server,
        watched(server.url) as redis,
    ):
        report = _flat(options, redis, server) if options.flat else _measure(options, redis, server, Path(folder))
    print(json.dumps(report | _circumstances(), indent=1))


def _flat(options: argparse.Namespace, redis: Watched, server: RedisServer) -> dict[str, Any]:
    return {"flat": flat.run(redis, server.url, cycles=options.flat)}


def _measure(options: argparse.Namespace, redis: Watched, server: RedisServer, folder: Path) -> dict[str, Any]:
    # Any: JSON.
    near: dict[int, rates.Report] = {}
    far: dict[int, rates.Report] = {}
    for workers in options.processes:
        _say(f"{workers} processes")
        sizes = {"ours": options.urls, "scrapy_redis": options.peer_urls}
        near[workers] = rates.measure(redis, server.url, workers=workers, sizes=sizes)
    with Forwarder(server.port, delay=options.round_trip_ms / 2000) as forwarder:
        address = f"redis://127.0.0.1:{forwarder.port}/0"
        trip = _round_trip(address)
        for workers in options.processes:
            _say(f"{workers} processes, Redis {trip * 1000:.2f} ms away")
            sizes = {"ours": options.urls // 2, "scrapy_redis": options.peer_urls // 8 * workers}
            far[workers] = rates.measure(redis, address, workers=workers, sizes=sizes)
    _say("killing")
    killed = killing.run(redis, server.url, size=options.kill_urls, folder=folder)
    _say("memory")
    # Its writing changes nothing about what is in memory, and takes the disk a gigabyte for some millions.
    redis.client.config_set("appendonly", "no")
    taken = memory.bytes_a_url(redis, server.url, pending=options.pending, seen=options.seen)
    peer_memory = near[options.processes[0]]["scrapy_redis"]
    return {
        "ratio_vs_scrapy_redis": min(each["ratio"] for each in near.values()),
        "ratio_vs_scrapy_redis_over_a_network": min(each["ratio"] for each in far.values()),
        "lost": killed["ours"].lost,
        "lost_scrapy_redis": killed["scrapy_redis"].lost,
        "bytes_per_seen_url": round(taken.seen, 2),
        "bytes_per_pending_url": round(taken.pending, 1),
        "bytes_per_seen_url_scrapy_redis": peer_memory["bytes_per_seen_url"],
        "bytes_per_pending_url_scrapy_redis": peer_memory["bytes_per_pending_url"],
        "round_trips_per_url": near[options.processes[0]]["ours"]["round_trips_per_url"],
        "round_trips_per_url_scrapy_redis": peer_memory["round_trips_per_url"],
        "what_the_ratio_divides": MEANING,
        "by_processes": near,
        "by_processes_over_a_network": far,
        "network_round_trip_ms": round(trip * 1000, 2),
        "killed": {name: each._asdict() for name, each in killed.items()},
        "settings": vars(options),
        "left_out": LEFT_OUT,
    }


def _round_trip(address: str) -> float:
    """Seconds a command takes, the median of many."""
    with watched(address) as redis:
        seconds = []
        for _ in range(101):
            began = time.perf_counter()
            redis.client.ping()
            seconds.append(time.perf_counter() - began)
    return sorted(seconds)[50]


def _circumstances() -> dict[str, Any]:
    return {
        "machine": {"cores": len(os.sched_getaffinity(0)), "shared": True, "load": os.getloadavg()},
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("scrapy", "scrapy-redis", "redis")},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frontier", description=__doc__)
    parser.add_argument("--urls", type=int, default=40_000, help="that go through ours")
    parser.add_argument("--peer-urls", type=int, default=16_000, help="that go through scrapy-redis")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seen", type=int, default=10_000_000, help="addresses in the seen set")
    parser.add_argument(
        "--pending", type=int, default=200_000, help="addresses that wait (ten million take some ten minutes)"
    )
    parser.add_argument("--kill-urls", type=int, default=8_000, help="of the run in which workers are killed")
    parser.add_argument("--round-trip-ms", type=float, default=0.5, help="how far away Redis is in the second round")
    parser.add_argument("--flat", type=int, metavar="CYCLES", help="only this: a process's memory over so many leases")
    parser.add_argument("--quick", action="store_true", help="everything once, with little: does it work at all")
    options = parser.parse_args(arguments)
    if options.quick:
        small = {"urls": 2_000, "peer_urls": 800, "processes": [2], "seen": 20_000, "pending": 5_000}
        vars(options).update(small, kill_urls=800)
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
