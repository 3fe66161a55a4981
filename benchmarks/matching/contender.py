"""One contender in a process of its own: builds its index, answers, prints what that took as JSON."""

import argparse
import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.matching.codes import Codes

CONTENDERS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "ours": ("ours", "Ours", {}),
    "ours_numpy": ("ours", "Ours", {"native": False}),
    "faiss_11x23": ("peers", "MultiHash", {"tables": 11, "bits": 23, "flips": 2}),
    "faiss_16x16": ("peers", "MultiHash", {"tables": 16, "bits": 16, "flips": 1}),
    "faiss_flat": ("peers", "Flat", {}),
    "threatexchange": ("peers", "ThreatExchange", {}),
}
"""Module, class and options. Any: keyword arguments."""
_COMPARED = 200
"""Of so many planted queries the whole answer is compared between contenders."""

Found = list[tuple[int, int, int]]
"""Query row, entry, distance."""


class Index(Protocol):
    """What a contender can do; None where it has no such way of asking."""

    def one(self, code: bytes) -> object:
        """Ask one code, as from Python."""

    def many(self, codes: Codes) -> Found:
        """Ask a batch."""

    def join(self, codes: Codes) -> Found | None:
        """Ask a big batch, by whatever is fastest for one."""


def main(arguments: Sequence[str]) -> None:
    """Measure one contender over the codes in a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=sorted(CONTENDERS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0, help="at most so long for each way of asking")
    options = parser.parse_args(arguments)
    print(json.dumps(_measure(options.name, options.folder, options.seconds)))


def _measure(name: str, folder: Path, seconds: float) -> dict[str, Any]:
    codes: Codes = np.load(folder / "entries.npy", mmap_mode="r")
    planted, strangers = np.load(folder / "planted.npy"), np.load(folder / "strangers.npy")
    before, began = _resident(), time.process_time()
    index = _built(name, codes)
    built = time.process_time() - began
    held = _resident() - before

    report: dict[str, Any] = {"build_cpu_s": round(built, 2), "bytes_per_entry": round(held / len(codes), 1)}
    found, took = _in_batches(index.many, planted, seconds * 3)
    report |= _judged(found, codes, planted[: took.asked], folder)
    _, took = _in_batches(index.many, strangers, seconds)
    report["us_per_query_batch"] = took.us
    report["us_per_query_single"] = _single(index, strangers, seconds)
    began = time.process_time()
    if index.join(strangers) is not None:
        report["us_per_query_join"] = round((time.process_time() - began) / len(strangers) * 1e6, 2)
    report["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return report


class _Took:
    def __init__(self, asked: int, cpu: float) -> None:
        self.asked = asked
        self.us = round(cpu / max(1, asked) * 1e6, 2)


def _in_batches(ask: Callable[[Codes], Found], queries: Codes, seconds: float) -> tuple[Found, _Took]:
    """Batches that grow until one takes a while: slow contenders are asked less, and it is said how much."""
    found: Found = []
    at, size, spent = 0, 16, 0.0
    while at < len(queries) and spent < seconds:
        batch = queries[at : at + size]
        began = time.process_time()
        answers = ask(batch)
        took = time.process_time() - began
        spent += took
        found += [(row + at, entry, distance) for row, entry, distance in answers]
        at += len(batch)
        size = min(size * 4, 8192) if took < seconds / 20 else size
    return found, _Took(at, spent)


def _single(index: Index, queries: Codes, seconds: float) -> float:
    asked = 0
    began = time.process_time()
    for query in queries:
        index.one(query.tobytes())
        asked += 1
        if time.process_time() - began > seconds / 2:
            break
    return round((time.process_time() - began) / asked * 1e6, 2)


def _judged(found: Found, codes: Codes, planted: Codes, folder: Path) -> dict[str, Any]:
    """What was found of what was planted, and whether all that was found is really within 31 bits."""
    sources: npt.NDArray[np.int64] = np.load(folder / "sources.npy")[: len(planted)]
    distances: npt.NDArray[np.int64] = np.load(folder / "distances.npy")[: len(planted)]
    pairs = {(row, entry) for row, entry, _ in found}
    near = [row for row in range(len(planted)) if distances[row] <= 31]
    hit = sum((row, int(sources[row])) in pairs for row in near)
    wrong = sum(_distance(codes[entry], planted[row]) != told or told > 31 for row, entry, told in found)
    answers = sorted(each for each in found if each[0] < _COMPARED)
    return {
        "answers": hashlib.sha256(repr(answers).encode()).hexdigest()[:16] if len(planted) >= _COMPARED else None,
        "recall": hit / len(near) if near else None,
        "recall_asked": len(near),
        "found": len(found),
        "false_positives": wrong,
        "doubles": len(found) - len(pairs),
        "beyond_31": sum((row, int(sources[row])) in pairs for row in range(len(planted)) if distances[row] > 31),
    }


def _distance(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def _resident() -> int:
    """Memory of its own: the codes that it reads from a file are not counted."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["RssAnon"].split()[0]) * 1024


def _built(name: str, codes: Codes) -> Index:
    """Imported only here: nobody pays for the memory of another's library."""
    module, kind, options = CONTENDERS[name]
    index: Index = getattr(import_module(f"benchmarks.matching.{module}"), kind)(codes, **options)
    return index


if __name__ == "__main__":
    main(sys.argv[1:])
