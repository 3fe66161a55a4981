"""Workers that are killed (`kill -9`) while they hold addresses, on either side; others go on. What is never done?"""

import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from benchmarks.frontier import ours, peer, web
from benchmarks.frontier.fleet import started
from benchmarks.frontier.watching import Watched

WORKERS = 4
KILL_AT = (0.2, 0.4)
"""Parts of the whole: at each of them one worker is killed."""
LEASE_SECONDS = 1.0
"""So long after a worker's death others get what it held; short, so that the benchmark is."""
_FETCH_SECONDS = 0.01
"""How long a fetch takes. So many go on at once that at any moment each worker holds some addresses."""
_PATIENCE = 120.0
_IDLE_SECONDS = 2.0

Work = Callable[[str, str, int, Path], None]


class Killed(NamedTuple):
    """What became of one side."""

    lost: int
    """Addresses that nobody has been through, after all that were left had nothing to do any more."""
    twice: int
    """Addresses that two workers have been through."""
    kills: int


def run(redis: Watched, redis_url: str, *, size: int, folder: Path) -> dict[str, Killed]:
    """Both sides, one after the other."""
    redis.empty()
    with ours.ours(redis_url) as frontier:
        make = ours.Targets()
        frontier.add([make.of(number) for number in range(size)])
        mine = _run(work_ours, redis_url, size, folder / "ours")
        stats = frontier.stats()
        unaccounted = stats.seen - sum(count.count for count in stats.counts)
        if unaccounted or stats.leased or stats.pending:
            raise RuntimeError(f"The frontier's own counts do not add up: {unaccounted} unaccounted for.")
    redis.empty()
    with peer.peer(redis_url) as scheduler:
        for number in range(size):
            scheduler.enqueue(scheduler.request(number))
    theirs = _run(work_peer, redis_url, size, folder / "peer")
    redis.empty()
    return {"ours": mine, "scrapy_redis": theirs}


def work_ours(redis_url: str, worker: str, size: int, log: Path) -> None:  # noqa: ARG001  # both have one signature
    """Lease as many as Scrapy fetches at a time, fetch them, note them down, end them."""
    with ours.ours(redis_url, lease_seconds=LEASE_SECONDS) as frontier, log.open("wb", buffering=0) as notes:
        while frontier.has_work():
            frontier.reap()
            leases = frontier.lease(worker, limit=peer.AT_ONCE, per_host=ours.OF_ONE_HOST, sites=ours.SITES)
            time.sleep(_FETCH_SECONDS)
            notes.write(b"".join(b"%d\n" % web.number(lease.target.url) for lease in leases))
            frontier.complete([ours.completion(lease) for lease in leases])


def work_peer(redis_url: str, worker: str, size: int, log: Path) -> None:  # noqa: ARG001  # see above
    """The same with scrapy-redis. Ends when there was nothing to do for a while."""
    warnings.simplefilter("ignore")
    with peer.peer(redis_url) as scheduler, log.open("wb", buffering=0) as notes:
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < _IDLE_SECONDS:
            requests = [request for _ in range(peer.AT_ONCE) if (request := scheduler.next()) is not None]
            time.sleep(_FETCH_SECONDS)
            notes.write(b"".join(b"%d\n" % web.number(request.url) for request in requests))
            if requests:
                idle_since = time.monotonic()


def _run(work: Work, redis_url: str, size: int, folder: Path) -> Killed:
    folder.mkdir()
    logs = [folder / f"{worker}.log" for worker in range(WORKERS)]
    with started([(work, (redis_url, log.stem, size, log)) for log in logs]) as processes:
        # A dead one is not asked to end: the last ones stay.
        for part, victim in zip(KILL_AT, processes, strict=False):
            _wait_for(logs, part * size, processes[len(KILL_AT) :])
            victim.kill()
        for process in processes:
            process.join(_PATIENCE)
            if process.exitcode is None:
                raise TimeoutError("A worker that was left alive does not come to its end.")
        codes = [process.exitcode for process in processes]
    if any(codes[len(KILL_AT) :]):
        raise RuntimeError(f"Workers that were left alive failed: {codes}.")
    noted = _noted(logs)
    return Killed(lost=size - len(set(noted)), twice=len(noted) - len(set(noted)), kills=len(KILL_AT))


def _noted(logs: Sequence[Path]) -> list[int]:
    return [int(line) for log in logs if log.exists() for line in _whole_lines(log)]


def _whole_lines(log: Path) -> Sequence[bytes]:
    # A worker may be killed in the middle of a line.
    return log.read_bytes().rpartition(b"\n")[0].split()


def _wait_for(logs: Sequence[Path], done: float, survivors: Sequence[ForkServerProcess]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while len(_noted(logs)) < done:
        if time.monotonic() > deadline or any(process.exitcode is not None for process in survivors):
            raise RuntimeError("Workers failed, or do not get on; see above.")
        time.sleep(0.01)
