"""`python -m benchmarks.chain`: the whole chain, and plain wiring of the same libraries, on the same practice web.

Prints one JSON object. What is measured, and what is not, stands in benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.known_set import write_known_set
from benchmarks.measuring import FIRST
from benchmarks.ours import EmbeddedSide, OurSide, Prepared
from benchmarks.peer import PlainSide
from benchmarks.practice_web import Web
from benchmarks.running import Figures, run_side
from benchmarks.servers import Servers
from benchmarks.sides import Side
from tests.services import maven

LEASE_SECONDS = 60.0
LEASE_SECONDS_WHEN_KILLED = 5.0
"""What a killed crawler held is handed out again after so long; short, so that the benchmark is."""
KILL_AT = 0.3

# What the ratio divides by: the processes of each side, and the servers' part.
COUNTED = ("crawler", "matcher", "kafka", "elasticsearch", "redis")

Make = Callable[[Path, float], Side]
"""A side, set up anew in a folder, with this many seconds to a lease."""

LEFT_OUT = (
    "the practice web's own CPU, and this program's",
    "importing the known set and loading it at a matcher's start (given apart)",
    "networks: everything is on loopback, so the crawl is bound by CPU and not by hosts",
    "more than one crawler and matcher",
    "in Elasticsearch's seconds: ten searches a second by which the delay is measured, on both sides",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="zoeklicht-chain-") as folder:
        print(json.dumps(_measure(options, Path(folder)), indent=1))


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    # Any: JSON.
    runs: dict[str, list[Figures]] = {}
    killed: dict[str, Figures] = {}
    imports = 0.0
    web_facts: dict[str, int] = {}
    with Servers.started() as servers:
        if options.kill:  # first: it warms the servers up, too
            with Web.serve(pictures=options.kill_pictures, latency=options.latency) as web:
                prepared, makers = _makers(options, servers, web, folder, "killed")
                for name, make in makers.items():
                    killed[name] = _run(
                        name, make, web, servers, folder / f"killed-{name}", LEASE_SECONDS_WHEN_KILLED, kill_at=KILL_AT
                    )
        with Web.serve(pictures=options.pictures, latency=options.latency) as web:
            prepared, makers = _makers(options, servers, web, folder, "whole")
            imports = prepared.import_seconds
            web_facts = {
                "pages": web.truth.pages,
                "pictures": web.truth.pictures,
                "planted": len(web.truth.planted),
                "mean_pixels": web.ready.mean_pixels,
                "mean_bytes": web.ready.mean_bytes,
            }
            for turn in range(options.rounds):
                order = list(makers.items())
                for name, make in order if turn % 2 == 0 else reversed(order):
                    where = folder / f"round{turn}-{name}"
                    runs.setdefault(name, []).append(_run(name, make, web, servers, where, LEASE_SECONDS))
    sides = {name: _summary(figures, killed.get(name)) for name, figures in runs.items()}
    ours, plain = sides["ours"], sides["plain"]
    return {
        "ratio_pictures_per_cpu_second": round(ours["pictures_per_cpu_second"] / plain["pictures_per_cpu_second"], 2),
        "lost": ours["lost"] + ours.get("killed", {}).get("lost", 0),
        "duplicates": ours["duplicates"],
        "delay_p99_s": ours["delay_p99_s"],
        "sides": sides,
        "practice_web": web_facts,
        "known_import_s": round(imports, 1),
        "settings": {
            "pictures": options.pictures,
            "known": options.known,
            "latency_s": options.latency,
            "rounds": options.rounds,
            "concurrent_requests": 32,
            "kill_pictures": options.kill_pictures if options.kill else None,
            "lease_seconds": LEASE_SECONDS,
            "lease_seconds_when_killed": LEASE_SECONDS_WHEN_KILLED,
        },
        "counted_in_the_ratio": COUNTED,
        "left_out": LEFT_OUT,
        "machine": {"cores": len(os.sched_getaffinity(0)), "shared": True, "kernel": platform.release()},
        "versions": _versions(),
    }


def _makers(
    options: argparse.Namespace, servers: Servers, web: Web, folder: Path, name: str
) -> tuple[Prepared, Mapping[str, Make]]:
    """Import the known set of this practice web, and say how each side is made."""
    place = folder / name
    place.mkdir()
    known = place / "known.csv"
    _say(f"{name}: writing and importing a known set of {options.known:,}")
    write_known_set(known, entries=options.known, planted=web.known_csv)
    prepared = Prepared(web, known, place)
    makers: dict[str, Make] = {
        "ours": lambda where, lease: OurSide(prepared, servers, where, lease_seconds=lease),
        "plain": lambda where, _: PlainSide(servers, web, known, where),
    }
    if options.embedded:
        makers["embedded"] = lambda where, lease: EmbeddedSide(prepared, where, lease_seconds=lease)
    return prepared, makers


def _run(
    name: str, make: Make, web: Web, servers: Servers, where: Path, lease: float, *, kill_at: float | None = None
) -> Figures:
    where.mkdir()
    side = make(where, lease)
    _say(f"{where.name}: running")
    try:
        figures = run_side(side, web, {} if name == "embedded" else servers.sessions, where, kill_at=kill_at)
    finally:
        side.close()
    _say(
        f"{where.name}: {figures.pictures} pictures, {figures.pictures_per_s:.0f}/s, "
        f"{_counted(figures):.1f} CPU s, {figures.lost} lost"
    )
    return figures


def _summary(runs: Sequence[Figures], killed: Figures | None) -> dict[str, Any]:
    """The mean of a side's rounds; of losses and delays the sum and all."""
    delays = np.array([delay for each in runs for delay in each.delays_s])
    thousands = [each.pictures / 1000 for each in runs]

    def per_thousand(name: str) -> float:
        return mean(each.cpu_seconds.get(name, 0.0) / count for each, count in zip(runs, thousands, strict=True))

    cpu = {name: per_thousand(name) for name in COUNTED} | {"sum": sum(per_thousand(name) for name in COUNTED)}
    cpu["of the crawler: hashing processes"] = cpu["crawler"] - per_thousand(f"crawler{FIRST}")
    summary: dict[str, Any] = {
        "pages_per_s": round(mean(each.pages_per_s for each in runs), 1),
        "pictures_per_s": round(mean(each.pictures_per_s for each in runs), 1),
        "pictures_per_cpu_second": round(sum(each.pictures for each in runs) / sum(map(_counted, runs)), 1),
        "cpu_seconds_per_1000_pictures": {name: round(seconds, 2) for name, seconds in cpu.items()},
        "matcher_start_cpu_s": round(mean(each.matcher_start_cpu_seconds for each in runs), 2),
        "delay_p50_s": round(float(np.quantile(delays, 0.5)), 2),
        "delay_p99_s": round(float(np.quantile(delays, 0.99)), 2),
        "delays": len(delays),
        "lost": sum(each.lost for each in runs),
        "duplicates": sum(each.duplicates for each in runs),
        "wrong_hits": sum(each.wrong_hits for each in runs),
        "timed_out": sum(each.timed_out for each in runs),
    }
    if killed is not None:
        summary |= {
            "killed": {
                "lost": killed.lost,
                "not_fetched": killed.not_fetched,
                "planted_not_found": killed.not_found,
                "duplicates": killed.duplicates,
            }
        }
    return summary


def _counted(figures: Figures) -> float:
    return sum(figures.cpu_seconds.get(name, 0.0) for name in COUNTED)


def _versions() -> dict[str, str]:
    names = ("scrapy", "scrapy-redis", "pillow", "imagehash", "pdqhash", "numpy", "kafka-python", "elasticsearch")
    return {
        "python": platform.python_version(),
        "kafka": maven.KAFKA,
        "elasticsearch server": maven.ELASTICSEARCH,
        **{name: version(name) for name in names},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chain", description=__doc__)
    parser.add_argument("--pictures", type=int, default=2000, help="of the practice web; it shows each about twice")
    parser.add_argument("--known", type=int, default=1_000_000, help="entries of the known set (CI: 100000)")
    parser.add_argument("--latency", type=float, default=0.01, help="seconds that each answer takes")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each side, in alternating order")
    parser.add_argument("--kill", action=argparse.BooleanOptionalAction, default=True, help="one run with a kill -9")
    parser.add_argument("--kill-pictures", type=int, default=500)
    parser.add_argument("--embedded", action="store_true", help="measure the embedded default, too")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
