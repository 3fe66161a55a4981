"""CPU seconds of both sides over the mix, and how much more two threads get done than one."""

import statistics
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence

from benchmarks.hashing.mix import KINDS, Picture
from benchmarks.hashing.peer import ours, plain

_THREADS = 2


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


def two_threads(mix: Sequence[Picture], rounds: int) -> float:
    """Pictures a second by two threads, divided by those of one: the best of `rounds` each, in turns.

    Wall time, of which a busy machine leaves little: the bursts are short, so that the best has had both cores.
    """
    jobs = [picture.data for picture in mix]
    alone: list[float] = []
    together: list[float] = []
    # Each call of ours turns warnings off and on for the whole process, which two threads must not do at once.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds):
            alone.append(_seconds(jobs, 1))
            together.append(_seconds(jobs, _THREADS))
    return round(_THREADS * min(alone) / min(together), 2)


def _seconds(jobs: Sequence[bytes], threads: int) -> float:
    """Each thread does all jobs."""

    def hash_all() -> None:
        for data in jobs:
            ours(data)

    running = [threading.Thread(target=hash_all) for _ in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return time.perf_counter() - start
