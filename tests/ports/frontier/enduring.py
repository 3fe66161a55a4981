"""Workers that go on through whatever happens to their Redis, as a crawler does."""

import time

from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import Completion, Frontier, Lease, Target
from tests.ports.frontier.stores import SITES, Store, done, target
from tests.ports.frontier.workers import children_of

MOST = 32
_WORK_SECONDS = 0.002


def first_page() -> Target:
    """The root of the tree of `children_of`."""
    return target(1, "1.example")


def endure(store: Store, worker: str, pages: int) -> None:
    """Crawl the tree of `children_of` until nothing is left, however often Redis is away meanwhile."""
    frontier = store.open()
    while True:
        try:
            if not frontier.has_work():
                break
            frontier.reap()
            leases = frontier.lease(worker, limit=MOST, per_host=8, sites=SITES)
        except UnavailableError:
            continue
        time.sleep(_WORK_SECONDS)
        _complete(frontier, [_ending(lease, pages) for lease in leases])
    frontier.close()


def _ending(lease: Lease, pages: int) -> Completion:
    return done(lease, *children_of(lease.target, pages))


def _complete(frontier: Frontier, completions: list[Completion]) -> None:
    while True:
        try:
            frontier.complete(completions)
        except UnavailableError:
            continue
        return
