"""How much slower new pages are crawled than they could be, since people have more to review than they can.

The scheduler says so in the shared store; every crawler reads it. What is not said again for ten minutes is over.
"""

import asyncio
from concurrent.futures import Executor

import msgspec

from crawler.contract.errors import UnavailableError
from crawler.contract.shared import SharedStore

_KEY = "slowness"
_SECONDS = 600.0
MOST = 60.0
"""At most so many times the usual gap: a crawl that stands still would find out nothing about removals either."""


def slowness_for(backlog: int, daily_capacity: int | None) -> float:
    """How many gaps to leave between two new pages of a host: 1 up to a day's work waiting, then as many as days."""
    if daily_capacity is None:
        return 1.0
    return min(MOST, max(1.0, backlog / daily_capacity))


def tell_slowness(store: SharedStore, slowness: float) -> None:
    """Say it to every crawler."""
    store.put({_KEY: msgspec.json.encode(slowness)}, seconds=_SECONDS)


def told_slowness(store: SharedStore) -> float:
    """What was said last; 1 when nothing was."""
    (found,) = store.get([_KEY])
    return 1.0 if found is None else msgspec.json.decode(found, type=float)


class Slowness:
    """The same from the event loop."""

    def __init__(self, store: SharedStore, executor: Executor) -> None:
        self._store = store
        self._executor = executor

    async def told(self, before: float) -> float:
        """What was said last; while the store is away, what held `before`."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, told_slowness, self._store)
        except UnavailableError:
            return before
