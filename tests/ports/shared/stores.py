"""A shared store of its own for each test, opened as often as the test likes."""

import time
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from crawler.contract.shared import SharedStore
from crawler.frontier import FrontierTable
from crawler.shared import open_shared

_numbers = count(1)


@dataclass
class Place:
    """Where one store is kept. Can be sent to another process."""

    table: FrontierTable
    state: Path
    opened: list[SharedStore] = field(default_factory=list)

    def open(self) -> SharedStore:
        store = open_shared(self.table.kind, self.table, self.state)
        self.opened.append(store)
        return store

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()

    def __getstate__(self) -> tuple[FrontierTable, Path]:
        return self.table, self.state

    def __setstate__(self, state: tuple[FrontierTable, Path]) -> None:
        self.table, self.state = state
        self.opened = []


def table(redis_url: str | None) -> FrontierTable:
    """Settings of a store that nobody else uses."""
    return FrontierTable(
        kind="embedded" if redis_url is None else "redis",
        redis_url=redis_url,
        key_prefix=f"shared{next(_numbers)}",
    )


def claim_all(place: Place, owner: str, keys: int, begin_at: float, tell: Connection) -> None:
    """Claim so many keys from `begin_at` on (epoch seconds), and say which were won."""
    store = place.open()
    time.sleep(max(0.0, begin_at - time.time()))
    tell.send([number for number in range(keys) if store.claim(f"key {number}", owner, seconds=60)])
    place.close()
