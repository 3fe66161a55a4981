"""Does one crawler process keep its size, over a million leases and completions?"""

import os
from collections import deque
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.frontier import ours
from benchmarks.frontier.fleet import started
from benchmarks.frontier.watching import Watched

_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOKS = 20
_SEEDS = 2_000
"""So many addresses wait all the time: each one that ends brings one new link along."""


def run(redis: Watched, redis_url: str, *, cycles: int) -> dict[str, Any]:
    """Resident memory of the process at every twentieth of the way. Any: JSON."""
    redis.empty()
    ours_end, theirs = get_context("forkserver").Pipe(duplex=False)
    with started([(_work, (redis_url, cycles, theirs))]) as (process,):
        theirs.close()
        looks: list[tuple[int, int]] = []
        while len(looks) < _LOOKS:
            looks.append(ours_end.recv())
        process.join()
    redis.empty()
    rss = {f"{round(100 * done / cycles)}%": round(size / 2**20, 1) for done, size in looks}
    return {"cycles": cycles, "rss_mb": rss, "growth_10_to_100_mb": round(rss["100%"] - rss["10%"], 1)}


def _work(redis_url: str, cycles: int, tell: Connection) -> None:
    make = ours.Targets()
    next_number = _SEEDS
    held: deque[Any] = deque()  # Any: leases
    done, look_at = 0, deque(cycles * part // _LOOKS for part in range(1, _LOOKS + 1))
    with ours.ours(redis_url) as frontier:
        frontier.add([make.of(number) for number in range(_SEEDS)])
        while look_at:
            held.extend(
                frontier.lease("flat", limit=ours.HELD - len(held), per_host=ours.OF_ONE_HOST, sites=ours.SITES)
            )
            ending = [held.popleft() for _ in range(min(ours.ENDED, len(held)))]
            children = [make.of(next_number + i) for i in range(len(ending))]
            next_number += len(ending)
            ended = frontier.complete(
                [ours.completion(lease, (child,)) for lease, child in zip(ending, children, strict=True)]
            )
            frontier.renew("flat", [lease.id for lease in held])
            done += ended
            while look_at and done >= look_at[0]:
                tell.send((look_at.popleft(), _resident()))


def _resident() -> int:
    """Bytes, from proc(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
