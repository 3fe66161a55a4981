"""Workers in processes of their own, for tests that race or kill them. They go by the time of day."""

import contextlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import msgspec

from crawler.contract.frontier import Frontier, Lease, Target
from tests.ports.frontier.stores import SITES, Store, done

_spawning = get_context("spawn")


class Visit(msgspec.Struct):
    """One request as a worker made it, with its lease: all moments in epoch seconds."""

    worker: str
    host: str
    fingerprint: int
    leased: float
    begun: float
    ended: float
    completing: float = 0
    """Just before the lease was ended."""


def crawl(store: Store, worker: str, log: Path) -> None:
    """Lease and visit, keeping each host's pace as a crawler must, until nothing is left. Logs visits as JSON lines."""
    frontier = store.open()
    held: dict[str, deque[tuple[Lease, float]]] = defaultdict(deque)
    may_ask: dict[str, float] = {}
    with log.open("w") as lines:
        while frontier.has_work():
            frontier.reap()
            room = 32 - sum(len(queue) for queue in held.values())
            for lease in frontier.lease(worker, limit=room, per_host=4, sites=SITES):
                held[lease.target.host].append((lease, time.time()))
            visits: list[tuple[Lease, Visit]] = []
            for host, queue in held.items():
                now = time.time()
                if queue and may_ask.get(host, 0) <= now:
                    lease, leased = queue.popleft()
                    ended = time.time()
                    visit = Visit(worker, host, lease.target.fingerprint, leased, now, ended)
                    visits.append((lease, visit))
                    may_ask[host] = ended + lease.target.gap
            completing = time.time()
            frontier.complete([done(lease) for lease, _ in visits])
            for _, visit in visits:
                visit.completing = completing
                lines.write(json.dumps(msgspec.to_builtins(visit)) + "\n")
            if not visits:
                time.sleep(0.005)


def read_visits(log: Path) -> list[Visit]:
    return [msgspec.json.decode(line, type=Visit) for line in log.read_bytes().splitlines()]


def children_of(parent: Target, most: int) -> tuple[Target, ...]:
    """The links of a page of a made-up web: a tree of pages numbered from 1, three below each."""
    found = range(parent.fingerprint * 3 - 1, parent.fingerprint * 3 + 2)
    return tuple(
        msgspec.structs.replace(parent, fingerprint=n, host=f"{n % 7}.example", url=f"https://{n % 7}.example/{n}")
        for n in found
        if n <= most
    )


def explore(store: Store, worker: str, most: int) -> None:
    """Crawl the tree of `children_of` until nothing is left."""
    frontier = store.open()
    while frontier.has_work():
        frontier.reap()
        leases = frontier.lease(worker, limit=4, per_host=2, sites=SITES)
        frontier.complete([done(lease, *children_of(lease.target, most)) for lease in leases])


def hold(store: Store, worker: str, limit: int, tell: Connection) -> None:
    """Lease, say so, and hang."""
    leases = store.open().lease(worker, limit=limit, per_host=limit, sites=SITES)
    tell.send([lease.target.fingerprint for lease in leases])
    time.sleep(600)


@contextlib.contextmanager
def running(function: object, *arguments: object) -> Iterator[SpawnProcess]:
    """The function in a process of its own, which is killed (`kill -9`) at the end if it still runs."""
    assert callable(function)
    process = _spawning.Process(target=function, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def pipe() -> tuple[Connection, Connection]:
    """What a worker can tell us through: our end, its end."""
    ours, theirs = _spawning.Pipe(duplex=False)
    return ours, theirs


def finish(frontier: Frontier, most: int) -> None:
    """Crawl what is left of the tree in this process."""
    while frontier.has_work():
        frontier.reap()
        leases = frontier.lease("last", limit=50, per_host=10, sites=SITES)
        frontier.complete([done(lease, *children_of(lease.target, most)) for lease in leases])
