"""`python -m benchmarks.swapping`: how soon an import works in a matcher, what a swap costs it, and its memory.

A known set of made-up PDQ codes is imported and built; a matcher loads it and answers in a loop. Then another process
imports a thousand entries more and one builds a new generation, while the loop times every answer; then it swaps again
and again. One matcher, which is this process; filling, importing and building are done by others, as in life. Prints
JSON. Left out: exact digests (24 bytes an entry instead of 136), a hit store, and a disk that is not cached.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Self

import msgspec
import numpy as np

from crawler.contract.records import ImageSeen
from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, LoadedKnownSet
from matchers.known.generations import BackgroundBuild, index_folder, read_manifest
from matchers.known.generations.manifest import write_manifest
from matchers.known.limits import Limits
from matchers.known.near import native_available
from matchers.known.people import Person
from matchers.known.registration import Registration
from matchers.known.two_hands import import_by_two
from matchers.veil import Veil
from tests.pictures_seen import picture_seen

_KEY = bytes(range(32))
_NEW = 1_000
_BATCH = 32
_REFRESH_SECONDS = 2.0
_LONGEST_WAIT = 900.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swapping", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where the set is made, and left; a temporary one by default")
    parser.add_argument("--add", nargs=2, type=int, metavar=("FIRST", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.add:
        _add(arguments.folder / "known.sqlite", *arguments.add)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(_measure(folder, arguments.entries, arguments.swaps), indent=2))


def _measure(folder: Path, entries: int, swaps: int) -> dict[str, object]:
    file = folder / "known.sqlite"
    base = _memory()["VmRSS"]
    began = time.monotonic()
    _adding(folder, 0, entries)
    imported = time.monotonic() - began
    built = _build(file)
    store = _opened(file)
    began = time.monotonic()
    known = LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True, remembered=0)
    loaded = time.monotonic() - began
    with _Asking(known) as asking:
        asking.wait(50)
        memory = _memory()
        usual = asking.reset()
        with known.kept_fresh(_REFRESH_SECONDS):
            importing = _import_to_first_match(known, folder, entries)
            rebuilt = _build(file)
            _until(lambda: known.overlay_entries == 0)
        pauses = asking.reset()
        resident = _swap_often(known, file, swaps)
        swapping = asking.reset()
    store.close()
    manifest = read_manifest(index_folder(file))
    assert manifest is not None
    return {
        "entries": entries,
        "native": native_available(),
        "cpus": os.cpu_count(),
        "import_s": round(imported, 1),
        "build_s": round(built, 1),
        "rebuild_s": round(rebuilt, 1),
        "load_s": round(loaded, 2),
        "import_1000_to_first_match_s": round(importing["first_match"], 2),
        "of_it_after_commit_s": round(importing["after_commit"], 2),
        "answer_of_32_pictures_median_ms": round(1000 * median(usual), 1),
        "longest_answer_usually_ms": round(1000 * max(usual), 1),
        "longest_answer_during_import_build_and_swap_ms": round(1000 * max(pauses), 1),
        "longest_answer_during_swaps_ms": round(1000 * max(swapping), 1),
        "rss_mb": round(memory["VmRSS"] / 1e6, 1),
        "rss_of_it_mapped_files_mb": round(memory["RssFile"] / 1e6, 1),
        "rss_before_mb": round(base / 1e6, 1),
        "bytes_per_entry": round((memory["VmRSS"] - base) / entries, 1),
        "index_bytes_per_entry": round(manifest.size / manifest.entries, 1),
        "swaps": swaps,
        "rss_over_swaps_mb": [round(each / 1e6, 1) for each in resident[:: max(1, swaps // 10)]],
    }


class _Asking:
    """Asks in a loop on a thread of its own, and times every answer."""

    def __init__(self, known: LoadedKnownSet) -> None:
        self._known = known
        self._seconds: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait(self, answers: int) -> None:
        """Until so many have come."""
        _until(lambda: len(self._seconds) >= answers)

    def reset(self) -> list[float]:
        """What every answer since the last time took."""
        seconds, self._seconds = self._seconds, []
        return seconds or [0.0]

    def _ask(self) -> None:
        chance = np.random.default_rng(7)
        while not self._ended.is_set():
            batch = [_like(chance.bytes(8 * 32).hex()) for _ in range(_BATCH)]
            began = time.monotonic()
            self._known.match(batch)
            self._seconds.append(time.monotonic() - began)


def _import_to_first_match(known: LoadedKnownSet, folder: Path, entries: int) -> dict[str, float]:
    """From the start of the import's process to the first answer that bears one of the new entries."""
    wanted = _like(_code(entries + _NEW - 1) + "0" * 7 * 64)
    began = time.monotonic()
    ended: list[float] = []

    def add() -> None:
        _adding(folder, entries, _NEW)
        ended.append(time.monotonic())

    adding = threading.Thread(target=add)
    adding.start()
    _until(lambda: any(known.match([wanted]).matches))
    found = time.monotonic()
    adding.join()
    return {"first_match": found - began, "after_commit": max(0.0, found - ended[0])}


def _swap_often(known: LoadedKnownSet, file: Path, swaps: int) -> list[int]:
    """The same generation under new names, which a matcher cannot tell from a new one."""
    folder = index_folder(file)
    resident = []
    for number in range(swaps):
        manifest = read_manifest(folder)
        assert manifest is not None
        name = f"generation-again-{number}"
        (folder / name).mkdir(mode=0o700)
        for each in manifest.files:
            (folder / name / each).hardlink_to(folder / manifest.generation / each)
        write_manifest(folder, msgspec.structs.replace(manifest, generation=name))
        assert known.refresh()
        for each in manifest.files:
            (folder / manifest.generation / each).unlink()
        (folder / manifest.generation).rmdir()
        time.sleep(0.05)
        resident.append(_memory()["VmRSS"])
    return resident


def _build(file: Path) -> float:
    began = time.monotonic()
    background = BackgroundBuild(file, _KEY)
    assert background.start()
    assert background.wait(_LONGEST_WAIT) == "built"
    return time.monotonic() - began


def _adding(folder: Path, first: int, count: int) -> None:
    command = [sys.executable, "-m", "benchmarks.swapping", "--folder", str(folder), "--add", str(first), str(count)]
    subprocess.run(command, check=True)


def _add(file: Path, first: int, count: int) -> None:
    store = _opened(file)
    registration = Registration(name="made up", source="benchmark", regime="csam", contact="nobody@example.invalid")
    people = [Person(name=name, account=name) for name in ("first", "second")]
    import_by_two(store, registration, _entries(first, count), file=str(first), first=people[0], second=people[1])
    store.close()


def _entries(first: int, count: int) -> Iterator[KnownEntry]:
    for number in range(first, first + count):
        yield KnownEntry(algorithm="pdq", value=_code(number), list="made up", list_id=str(number))


def _opened(file: Path) -> KnownStore:
    return KnownStore(file, time.time, Veil(_KEY), Limits(small_list=0, most_changed=1))


def _code(number: int) -> str:
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=32).hexdigest()


def _like(views: str) -> ImageSeen:
    each = [views[start : start + 64] for start in range(0, len(views), 64)]
    return picture_seen(each[0], pdq=each[0], turned=each[1:])


def _memory() -> dict[str, int]:
    """Bytes, by the names of proc(5)."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {line[0].rstrip(":"): 1024 * int(line[1]) for line in lines if len(line) == 3 and line[2] == "kB"}


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


if __name__ == "__main__":
    main()
