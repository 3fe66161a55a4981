"""Several processes that do the same steps side by side, each step begun together and timed as one."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

_starting = get_context("forkserver")
_IMPORTED_ONCE = ["benchmarks.frontier.ours", "benchmarks.frontier.peer"]
"""By the process that all workers are forked from: importing Scrapy takes longer than most steps."""
_PATIENCE = 900.0
"""Seconds after which a step is taken for hung."""


class Job(NamedTuple):
    """What one process of a fleet has to know."""

    redis_url: str
    worker: int
    workers: int
    size: int
    """Addresses, of all workers together."""


Step = Callable[[], int]
"""Does its part and returns how many addresses it has been through."""
Prepare = Callable[[Job], Mapping[str, Step]]
"""Connects and makes ready what is not to be timed. Its name is what is sent to the processes."""


class Timed(NamedTuple):
    """One step of a whole fleet."""

    name: str
    urls: int
    seconds: float
    """From the first beginning to the last end."""
    cpu: float
    """Seconds, user and system, that the processes spent meanwhile, added up."""

    @property
    def per_second(self) -> float:
        """Of the fleet together."""
        return self.urls / self.seconds


class _Part(NamedTuple):
    """One step of one process. `time.monotonic` is the same for all of them."""

    urls: int
    began: float
    ended: float
    cpu: float


def run(
    prepare: Prepare, redis_url: str, *, workers: int, size: int, before: Callable[[], None] = lambda: None
) -> Iterator[Timed]:
    """Go through the steps, one after the other, with so many processes.

    All of them wait while `before` is called, ahead of each step, and while the caller looks at what a step has left.
    """
    barrier = _starting.Barrier(workers + 1)
    jobs = [Job(redis_url, worker, workers, size) for worker in range(workers)]
    pipes = [_starting.Pipe(duplex=False) for _ in jobs]
    with started([(_work, (prepare, job, barrier, pipe[1])) for job, pipe in zip(jobs, pipes, strict=True)]):
        tellers = [pipe[0] for pipe in pipes]
        for _, theirs in pipes:
            theirs.close()  # so that the death of a worker is heard of
        for name in _heard(tellers)[0]:
            before()
            barrier.wait(_PATIENCE)
            told = _heard(tellers)
            yield Timed(
                name,
                urls=sum(part.urls for part in told),
                seconds=max(part.ended for part in told) - min(part.began for part in told),
                cpu=sum(part.cpu for part in told),
            )


@contextmanager
def started(calls: Sequence[tuple[Callable[..., None], tuple[object, ...]]]) -> Iterator[Sequence[ForkServerProcess]]:
    """Functions, each in a process of its own; whoever still runs in the end is killed."""
    _starting.set_forkserver_preload(_IMPORTED_ONCE)
    processes = [_starting.Process(target=function, args=arguments, daemon=True) for function, arguments in calls]
    try:
        for process in processes:
            process.start()
        yield processes
    finally:
        for process in processes:
            if process.pid is not None:
                process.kill()
                process.join()
            process.close()


def _work(prepare: Prepare, job: Job, barrier: Barrier, tell: Connection) -> None:
    warnings.simplefilter("ignore")  # scrapy-redis calls Scrapy in ways that are on their way out
    steps = prepare(job)
    tell.send(tuple(steps))
    for step in steps.values():
        barrier.wait(_PATIENCE)
        began, spent = time.monotonic(), time.process_time()
        urls = step()
        tell.send(_Part(urls, began, time.monotonic(), time.process_time() - spent))


def _heard(tellers: Sequence[Connection]) -> list[Any]:
    # Any: what comes through a pipe.
    heard = []
    for teller in tellers:
        if not teller.poll(_PATIENCE):
            raise TimeoutError("A worker of the benchmark does not get on.")
        try:
            heard.append(teller.recv())
        except EOFError:
            raise RuntimeError("A worker of the benchmark has failed; see above.") from None
    return heard
