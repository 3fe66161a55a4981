"""`python -m benchmarks.matching`: prints one JSON object. benchmarks/README.md tells what it holds."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.matching import codes
from benchmarks.matching.contender import CONTENDERS

LEFT_OUT = (
    "exact digests, provenance and the store: see benchmarks.working for a matcher as a whole",
    "threads: every contender has one",
    "threatexchange is asked one code at a time in `us_per_query_batch` too: it has no other way that tells distances",
    "bytes_per_entry of ours is its index in memory; mapped from a file it is as large, and shared by processes",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    reports: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="zoeklicht-matching-") as name:
        folder = Path(name)
        for kind in options.codes:
            _say(f"{options.entries:,} {kind} codes")
            codes.save(
                folder,
                number=options.entries,
                each=options.planted,
                alien=options.queries,
                kind=kind,
                seed=options.seed,
            )
            reports[kind] = {each: _run(each, folder, options.seconds) for each in options.contenders}
    print(json.dumps(_summary(reports[options.codes[0]]) | {"codes": reports} | _circumstances(options), indent=1))


def _run(name: str, folder: Path, seconds: float) -> dict[str, Any]:
    # Any: JSON.
    _say(name)
    command = [sys.executable, "-m", "benchmarks.matching.contender", name, str(folder), "--seconds", str(seconds)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if ended.returncode:
        return {"failed": ended.returncode}
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def _summary(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Ours, and how many times faster than the peers in batches."""
    ours = reports.get("ours", {})
    keys = ("recall", "false_positives", "us_per_query_single", "us_per_query_batch", "us_per_query_join")
    summary = {key: ours.get(key) for key in (*keys, "bytes_per_entry")}
    for name, peer in (("ratio_vs_faiss_best", "faiss_11x23"), ("ratio_vs_threatexchange", "threatexchange")):
        theirs = reports.get(peer, {}).get("us_per_query_batch")
        mine = ours.get("us_per_query_batch")
        summary[name] = round(theirs / mine, 1) if theirs and mine else None
    told = {report.get("answers") for report in reports.values()} - {None}
    summary["all_answer_alike"] = len(told) == 1 if len(reports) > 1 else None
    return summary


def _circumstances(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "entries": options.entries,
        "queries": options.queries,
        "distance": 31,
        "left_out": LEFT_OUT,
        "machine": {"cores": os.cpu_count(), "shared": True, "processor": platform.processor() or platform.machine()},
        "versions": {name: version(name) for name in ("faiss-cpu", "threatexchange", "numpy")},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100_000, help="strangers, which match nothing")
    parser.add_argument("--planted", type=int, default=50, help="queries for each distance from 0 to 40")
    parser.add_argument("--seconds", type=float, default=20.0, help="at most, for each contender and way of asking")
    parser.add_argument("--codes", nargs="+", choices=("random", "clustered"), default=["random", "clustered"])
    everyone = [name for name in CONTENDERS if name != "ours_numpy"]
    parser.add_argument("--contenders", nargs="+", choices=sorted(CONTENDERS), default=everyone)
    parser.add_argument("--seed", type=int, default=31)
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
