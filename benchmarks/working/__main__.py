"""`python -m benchmarks.working`: prints one JSON object. benchmarks/README.md tells what it holds."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.working.known import make
from benchmarks.working.messages import PLANTED_EVERY, VIEWS, messages
from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, open_publisher
from tests.services.kafka import KafkaServer

_UNDER_WAY = 10_000
LEFT_OUT = (
    "the loading of the known set, and the joining of the group",
    "a hit store that is far away: hits go to SQLite here, and one picture in a thousand is a hit",
    "the server's own CPU, which competes for the same cores",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    report: dict[str, Any] = {}  # Any: JSON
    with tempfile.TemporaryDirectory(prefix="zoeklicht-working-") as name:
        known = Path(name) / "known"
        known.mkdir()
        began = time.monotonic()
        planted = make(known, options.entries)
        _say(f"{options.entries:,} entries imported and built in {time.monotonic() - began:.0f} s")
        if "kafka" in options.transports:
            with KafkaServer() as server:
                table = TransportTable(kind="kafka", bootstrap_servers=(server.address,), partitions=options.partitions)
                report["kafka"] = _measured(table, known, planted, options)
        if "embedded" in options.transports:
            table = TransportTable(partitions=options.partitions)
            report["embedded"] = _measured(table, known, planted, options)
    print(json.dumps({**report, **_circumstances(options)}, indent=1))


def _measured(table: TransportTable, known: Path, planted: list[str], options: argparse.Namespace) -> dict[str, Any]:
    # Any: JSON.
    found: dict[str, Any] = {}
    _publish(table, known, options.messages, planted)
    if table.kind == "kafka":
        found["plain"] = _run(table, known, 1, "PLAIN")
    for processes in options.processes:
        # Another group reads all from the beginning; each run has stores of its own.
        of_run = msgspec.structs.replace(table, group=f"{processes}-{time.time_ns()}")
        for old in (*known.glob("hits.sqlite*"), *known.glob("floods.sqlite*"), *known.glob("seen/*.sqlite*")):
            old.unlink()
        found[f"matchers_{processes}"] = _run(of_run, known, processes, str(options.batch))
    return found


def _publish(table: TransportTable, state: Path, count: int, planted: list[str]) -> None:
    began = time.monotonic()
    publisher = open_publisher(table, state, IMAGES_SEEN)
    under_way: list[Future[None]] = []
    for key, value in messages(count, seed=1, planted=planted):
        under_way.append(publisher.publish(key, value))
        if len(under_way) == _UNDER_WAY:
            for each in under_way:
                each.result(timeout=120)
            under_way.clear()
    for each in under_way:
        each.result(timeout=120)
    publisher.close()
    _say(f"{table.kind}: {count:,} messages published in {time.monotonic() - began:.0f} s")


def _run(table: TransportTable, state: Path, processes: int, batch: str) -> dict[str, Any]:
    # Any: JSON.
    text = msgspec.json.encode(table, enc_hook=str).decode()
    command = [sys.executable, "-m", "benchmarks.working.matcher", str(state), text, batch]
    with contextlib.ExitStack() as running:
        children = [running.enter_context(_child(command)) for _ in range(processes)]
        for child in children:
            if child.stdout is None or child.stdout.readline() != "ready\n":
                raise RuntimeError("A matcher did not start.")
        answers = [json.loads(child.communicate("go\n")[0]) for child in _told(children)]
    worked = [each for each in answers if each["first"] is not None]
    seconds = max(each["last"] for each in worked) - min(each["first"] for each in worked)
    looked_up = sum(each["looked_up"] for each in answers)
    summary = {"messages_per_second": round(looked_up / seconds), "seconds": round(seconds, 2), "each": answers}
    _say(f"{table.kind}: {processes} x {batch}: {summary['messages_per_second']:,} messages/s")
    return summary


def _told(children: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for child in children:
        if child.stdin is not None:
            child.stdin.write("go\n")
            child.stdin.flush()
    return children


@contextlib.contextmanager
def _child(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _circumstances(options: argparse.Namespace) -> dict[str, Any]:
    # Any: JSON.
    return {
        "entries": options.entries,
        "messages": options.messages,
        "views_each": VIEWS,
        "planted_every": PLANTED_EVERY,
        "batch": options.batch,
        "partitions": options.partitions,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "left_out": LEFT_OUT,
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.working", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--transports", nargs="+", choices=["kafka", "embedded"], default=["kafka", "embedded"])
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
