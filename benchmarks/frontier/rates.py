"""How many addresses a second go through each side, with how many round trips."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.frontier import fleet, ours, peer
from benchmarks.frontier.watching import Look, Watched

Report = dict[str, Any]
"""Any: JSON."""


class Side(NamedTuple):
    """What is measured of one side."""

    fill_and_drain: fleet.Prepare
    crawl: fleet.Prepare
    fill: str
    drain: str
    trips: frozenset[str]
    """The commands that are a round trip each. (A transaction is one, whatever it holds.)"""


SIDES: Mapping[str, Side] = {
    "ours": Side(ours.fill_and_drain, ours.crawl, ours.FILL_STEP, ours.DRAIN_STEP, frozenset({"evalsha", "eval"})),
    "scrapy_redis": Side(
        peer.fill_and_drain, peer.crawl, peer.FILL_STEP, peer.DRAIN_STEP, frozenset({"sadd", "zadd", "exec"})
    ),
}


def measure(redis: Watched, redis_url: str, *, workers: int, sizes: Mapping[str, int]) -> Report:
    """Both sides with so many processes, each on an empty Redis. The sizes are addresses, by side."""
    report: Report = {name: _side(redis, redis_url, side, workers, sizes[name]) for name, side in SIDES.items()}
    mine, theirs = report["ours"], report["scrapy_redis"]
    return {
        "ratio": round(mine["urls_per_s"] / theirs["urls_per_s"], 2),
        "ratio_crawl": round(mine["crawl_urls_per_s"] / theirs["crawl_urls_per_s"], 2),
        "ratio_cpu": round(theirs["cpu_us_per_url"] / mine["cpu_us_per_url"], 2),
        **report,
    }


def _side(redis: Watched, redis_url: str, side: Side, workers: int, size: int) -> Report:
    looks: list[Look] = []

    def before() -> None:
        looks.append(redis.look())

    report: Report = {}
    seconds = cpu = own_cpu = 0.0
    trips = 0
    redis.empty()
    for step in fleet.run(side.fill_and_drain, redis_url, workers=workers, size=size, before=before):
        now = redis.look()
        _check(step, size)
        report[f"{step.name}_per_s"] = round(step.per_second)
        seconds += step.seconds
        own_cpu += step.cpu
        cpu += now.cpu - looks[-1].cpu
        trips += now.trips(looks[-1], side.trips)
        if step.name == peer.FILL_STEP:
            report |= _peer_bytes(redis, now.memory - looks[-1].memory, size)
    report |= {
        "urls_per_s": round(size / seconds),
        "round_trips_per_url": round(trips / size, 3),
        "cpu_us_per_url": round((cpu + own_cpu) / size * 1e6, 1),
        "of_it_redis": round(cpu / size * 1e6, 1),
    }
    redis.empty()
    for step in fleet.run(side.crawl, redis_url, workers=workers, size=size):
        _check(step, size)
        report["crawl_urls_per_s"] = round(step.per_second)
    return report


def _peer_bytes(redis: Watched, grown: int, size: int) -> Report:
    seen = redis.memory_of(peer.SEEN)
    return {
        "bytes_per_seen_url": round(seen / size, 1),
        "bytes_per_pending_url": round((grown - seen) / size, 1),
    }


def _check(step: fleet.Timed, size: int) -> None:
    if step.urls != size:
        raise RuntimeError(f"The step {step.name!r} went through {step.urls} addresses instead of {size}.")
