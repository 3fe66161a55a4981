"""A store of its own for each test, opened as often as the test likes, with the test's own clock if it wants one."""

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.frontier import Completion, Frontier, Lease, Outcome, Target, TargetKind
from crawler.frontier import Describe, FrontierTable, open_frontier

START = 1_700_000_000.0
LEASE_SECONDS = 60.0
MAX_LEASE_AGE = 150.0
MAX_EXPIRIES = 3
ADDRESS_GAP = 0.5

SITES = ("a site",)
"""The site of every target that a test says nothing else of."""

_numbers = count(1)
FETCHED = Outcome(kind="fetched")


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Store:
    """Where one frontier is kept. Can be sent to another process, which opens it with `time.time`."""

    table: FrontierTable
    state: Path
    opened: list[Frontier] = field(default_factory=list)

    def open(self, clock: Clock | None = None, describe: Describe | None = None) -> Frontier:
        frontier = open_frontier(self.table, self.state, clock, describe)
        self.opened.append(frontier)
        return frontier

    def with_settings(self, *, lease_seconds: float, max_expiries: int) -> "Store":
        """The same store, closed together with this one."""
        changed = msgspec.structs.replace(self.table, lease_seconds=lease_seconds, max_expiries=max_expiries)
        return Store(changed, self.state, self.opened)

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
        key_prefix=f"test{next(_numbers)}",
        lease_seconds=LEASE_SECONDS,
        max_lease_age_seconds=MAX_LEASE_AGE,
        max_expiries=MAX_EXPIRIES,
        address_gap_seconds=ADDRESS_GAP,
    )


def target(
    number: int,
    host: str = "a.example",
    *,
    gap: float = 0,
    priority: int = 20,
    force: bool = False,
    not_before: float | None = None,
    site: str = SITES[0],
    kind: TargetKind = "page",
    report_id: str | None = None,
) -> Target:
    return Target(
        fingerprint=number,
        url=f"https://{host}/{number}",
        host=host,
        site=site,
        kind=kind,
        report_id=report_id,
        sealed_address=None if report_id is None else f"{number:_>70}",
        gap=gap,
        priority=priority,
        force=force,
        not_before=not_before,
    )


def numbers(leases: object) -> list[int]:
    assert isinstance(leases, list)
    return [lease.target.fingerprint for lease in leases]


def done(lease: Lease, *children: Target) -> Completion:
    return Completion(lease_id=lease.id, outcome=FETCHED, children=children)
