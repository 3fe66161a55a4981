"""CPU seconds of both sides over the mix, and how much more two threads get done than one."""

import statistics
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.hashing.mix import KINDS, Picture
from benchmarks.hashing.peer import ours, plain


def cpu_ms(work: Callable[[bytes], object], data: bytes, rounds: int) -> float:
    """The best of so many."""
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        work(data)
        times.append(time.process_time_ns() - start)
    return min(times) / 1e6


def pace(mix: Sequence[Picture], rounds: int) -> Mapping[str, object]:
    """Each picture by both sides in turn; kinds are weighed by their share."""
    seen: dict[str, list[tuple[float, float]]] = {kind.name: [] for kind in KINDS}
    for picture in mix:
        both = (cpu_ms(ours, picture.data, rounds), cpu_ms(plain, picture.data, rounds))
        seen[picture.kind.name].append(both)
    means = {
        name: (statistics.fmean(one for one, _ in times), statistics.fmean(other for _, other in times))
        for name, times in seen.items()
    }
    mine = sum(kind.share * means[kind.name][0] for kind in KINDS) / 100
    theirs = sum(kind.share * means[kind.name][1] for kind in KINDS) / 100
    return {
        "ratio_vs_naive": round(theirs / mine, 2),
        "pictures_per_cpu_s": round(1000 / mine),
        "pictures_per_cpu_s_naive": round(1000 / theirs),
        "mix": {
            kind.name: {
                "share": kind.share,
                "cpu_ms": round(means[kind.name][0], 2),
                "cpu_ms_naive": round(means[kind.name][1], 2),
                "ratio": round(means[kind.name][1] / means[kind.name][0], 2),
            }
            for kind in KINDS
        },
    }


def two_threads(mix: Sequence[Picture], rounds: int) -> Mapping[str, float]:
    """Pictures a second by two threads, divided by those of one: the best of so many bursts each, in turns.

    On a busy machine two threads rarely get two cores. `..._if_idle` leaves out what threads waited for a core, as the
    kernel counted it (proc(5), schedstat); that the other thread waits for one that holds Python's lock meanwhile stays
    in. Without other load both figures are the same.
    """
    jobs = [picture.data for picture in mix]
    # Each call of ours turns warnings off and on for the whole process, which two threads must not do at once.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bursts = [(_burst(jobs, 1), _burst(jobs, 2)) for _ in range(rounds)]
    wall, running = (
        2 * min(getattr(one, field) for one, _ in bursts) / min(getattr(two, field) for _, two in bursts)
        for field in ("wall", "running")
    )
    return {"two_threads_ratio": round(wall, 2), "two_threads_ratio_if_idle": round(running, 2)}


class _Burst(NamedTuple):
    wall: float
    """Seconds until the last thread was done."""
    running: float
    """Of the thread for which it is most: seconds but for those in which it waited for a core."""


def _burst(jobs: Sequence[bytes], threads: int) -> _Burst:
    """Each thread does all jobs."""
    spent: list[float] = []

    def hash_all() -> None:
        start, waited = time.perf_counter(), _waited()
        for data in jobs:
            ours(data)
        spent.append(time.perf_counter() - start - (_waited() - waited))

    running = [threading.Thread(target=hash_all) for _ in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return _Burst(time.perf_counter() - start, max(spent))


def _waited() -> float:
    """Seconds that this thread was ready to run and had no core."""
    return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
