"""`python -m benchmarks.crawl`: our crawler, plain Scrapy and scrapy-redis on the same practice web.

Prints one JSON object. What is measured, and what is not, stands in benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks.crawling.reporting import after_a_kill, polite, rate
from benchmarks.crawling.running import Figures, run_side
from benchmarks.crawling.sides import Manner, Ours, PlainScrapy, ScrapyRedis, Side, make_keys
from benchmarks.practice_web import Web
from tests.services.redis import RedisServer

KILL_AT = 0.3
"""Part of the pictures, after which a crawler is killed."""
LEASE_SECONDS_WHEN_KILLED = 2.0
"""What a killed crawler held is handed out again after so long; short, so that the benchmark is."""

ONE_AT_A_TIME = Manner(processes=1, per_host=1, gap=0.001)
"""What makes the peers ask a host one thing at a time. The millisecond has to be: without any delay Scrapy 2.19 begins
whatever waits for a host at once, since it counts a download only when its task has begun to run."""

MEANING = (
    "different pages and pictures a second of ours, divided by the peer's at Scrapy's default of 8 requests a host "
    "at a time, where ours never has more than one; the lowest of the process counts. Against scrapy-redis both sides "
    "have their frontier in the same Redis, against plain Scrapy ours is in an SQLite file"
)
LEFT_OUT = (
    "the practice web's own CPU (which takes from the same cores), and this program's",
    "the first seconds of a process, its imports (given apart as first_fetch_s and start_cpu_s)",
    "what ours does besides for each picture (sha1, dHash, seven turns and flips, sealed addresses) is not allowed for",
    "networks, TLS, DNS: everything is on loopback, so cores decide, of which ours uses one more for hashing",
    "more than one machine, many hosts (there are eight), hosts at one address",
    "a crawl shared by processes of plain Scrapy: it cannot, so each has a site, and links to the other's are lost",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="zoeklicht-crawl-") as folder, RedisServer() as redis:
        began = time.monotonic()
        report = _measure(options, Bench(Path(folder), redis))
        report["took_s"] = round(time.monotonic() - began)
    print(json.dumps(report, indent=1))


class Bench:
    """Runs sides, each in a folder of its own."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self._folder = folder
        self._redis = redis
        self._keys = make_keys(folder)
        self._runs = 0

    def run(self, name: str, web: Web, manner: Manner, *, kill: bool = False) -> Figures:
        """Set a side up, run it, say what came of it on stderr. See `_side` for the names."""
        began = time.monotonic()
        self._runs += 1
        folder = self._folder / f"{self._runs:02}-{name}"
        folder.mkdir()
        side = self._side(name, web, folder, manner)
        redis = self._redis.pid if "redis" in name else None
        figures = run_side(side, web, folder, redis=redis, kill_at=KILL_AT if kill else None)
        fetched = figures.pages + figures.pictures
        took = time.monotonic() - began
        print(
            f"{took:5.1f} s: {folder.name}, {manner.processes} at {manner.per_host}, gap {manner.gap}: {fetched} in "
            f"{figures.seconds:.1f} s, {figures.lost} lost",
            file=sys.stderr,
            flush=True,
        )
        return figures

    def _side(self, name: str, web: Web, folder: Path, manner: Manner) -> Side:
        match name:
            case "ours_sqlite":
                return Ours(web, self._keys, folder, manner, redis_url=None)
            case "ours_redis":
                return Ours(web, self._keys, folder, manner, redis_url=self._redis.url)
            case "scrapy" | "scrapy_jobdir":
                return PlainScrapy(web, folder, manner, jobdir=name == "scrapy_jobdir")
            case "scrapy_redis":
                return ScrapyRedis(web, folder, manner, redis_url=self._redis.url)
        raise ValueError(name)


def _measure(options: argparse.Namespace, bench: Bench) -> dict[str, Any]:
    # Any: JSON.
    with ExitStack() as stack:
        web = stack.enter_context(Web.serve(pictures=options.pictures, latency=options.latency))
        facts = {"pages": web.truth.pages, "pictures": web.truth.pictures, "mean_pixels": web.ready.mean_pixels}
        rates = _rates(options, bench, web)
        if options.small_pictures != options.pictures:
            stack.close()
            web = stack.enter_context(Web.serve(pictures=options.small_pictures, latency=options.latency))
        careful = partial(Manner, gap=options.gap, per_host=1)
        politely = {name: bench.run(name, web, careful(processes=2)) for name in options.polite}
        killed = {
            name: bench.run(name, web, careful(processes=processes, lease_seconds=LEASE_SECONDS_WHEN_KILLED), kill=True)
            for name, processes in options.killed.items()
        }
    ours = [each for runs in (politely, killed) for name, each in runs.items() if name.startswith("ours")]
    return {
        **_ratios(rates),
        "lost": sum(each.lost for name, each in killed.items() if name.startswith("ours")),
        "lost_scrapy_redis": killed["scrapy_redis"].lost,
        "min_gap_s": round(min(each.smallest_gap_s for each in ours), 4),
        "what_the_ratios_divide": MEANING,
        "rates_by_processes": {
            str(processes): {name: rate(runs) for name, runs in sides.items()} for processes, sides in rates.items()
        },
        "polite_by_two_processes": {name: polite(each, options.gap) for name, each in politely.items()},
        "killed": {
            name: {"processes": options.killed[name], **after_a_kill(each, options.gap)}
            for name, each in killed.items()
        },
        "practice_web": facts,
        "settings": vars(options) | {"kill_at": KILL_AT, "lease_seconds_when_killed": LEASE_SECONDS_WHEN_KILLED},
        "left_out": LEFT_OUT,
        "machine": {"cores": len(os.sched_getaffinity(0)), "shared": True, "load": os.getloadavg()},
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("scrapy", "scrapy-redis", "redis", "pillow", "imagehash", "pdqhash")},
    }


Runs = Mapping[int, Mapping[str, Sequence[Figures]]]
"""By number of processes and by side; `… at 1`: one request a host."""


def _rates(options: argparse.Namespace, bench: Bench, web: Web) -> Runs:
    """All sides in turn, the next round in the opposite order."""
    found: dict[int, dict[str, list[Figures]]] = {processes: {} for processes in options.processes}
    whole = [(name, name, Manner(processes=1)) for name in ("ours_sqlite", "scrapy", "ours_redis", "scrapy_redis")]
    careful = [(f"{name} at 1", name, ONE_AT_A_TIME) for name in options.at_one]
    for turn in range(options.rounds):
        for processes in options.processes:
            # The careful ones once: ours is careful in all of its runs.
            sides = [*whole, *(careful if turn == 0 else ())]
            for label, name, manner in sides if turn % 2 == 0 else reversed(sides):
                figures = bench.run(name, web, replace(manner, processes=processes))
                found[processes].setdefault(label, []).append(figures)
    return found


def _ratios(rates: Runs) -> dict[str, Any]:
    """Ours by theirs: rates, and CPU theirs by ours."""
    ratios: dict[str, Any] = {}
    for peer, mine in (("scrapy", "ours_sqlite"), ("scrapy_redis", "ours_redis")):
        for at in ("", " at 1"):
            by_processes: dict[str, float] = {}
            cpu: dict[str, float] = {}
            for processes, sides in rates.items():
                if f"{peer}{at}" in sides:
                    ours, theirs = rate(sides[mine]), rate(sides[f"{peer}{at}"])
                    by_processes[str(processes)] = round(ours["fetched_per_s"] / theirs["fetched_per_s"], 2)
                    key = "cpu_s_per_1000_requests"
                    cpu[str(processes)] = round(theirs[key] / ours[key], 2)
            if by_processes:
                name = f"ratio_vs_{peer}{at.replace(' ', '_')}"
                ratios[name] = min(by_processes.values())
                ratios[f"{name}_by_processes"] = by_processes
                ratios[f"cpu_{name}_by_processes"] = cpu
    return ratios


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__)
    parser.add_argument("--pictures", type=int, default=240, help="of the practice web; it shows each about twice")
    parser.add_argument("--small-pictures", type=int, default=120, help="of the one for the polite and the killed runs")
    parser.add_argument("--latency", type=float, default=0.01, help="seconds that each answer takes")
    parser.add_argument("--gap", type=float, default=0.05, help="seconds between two requests to a host, when polite")
    parser.add_argument("--rounds", type=int, default=2, help="of the rates, in alternating order")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it work at all")
    options = parser.parse_args(arguments)
    everything = {
        "processes": [1, 2],
        "at_one": ["scrapy", "scrapy_redis"],
        "polite": ["ours_redis", "ours_sqlite", "scrapy_redis", "scrapy"],
        "killed": {"ours_redis": 2, "ours_sqlite": 1, "scrapy_redis": 2, "scrapy": 1, "scrapy_jobdir": 1},
    }
    little = {
        "pictures": 60,
        "small_pictures": 60,
        "rounds": 1,
        "processes": [1],
        "at_one": [],
        "polite": [],
        "killed": {"ours_sqlite": 2, "scrapy_redis": 2},
    }
    vars(options).update(little if options.quick else everything)
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
