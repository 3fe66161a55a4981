"""The frontier on one machine: an SQLite file that any number of its processes share. sqlite_*.py has its parts."""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crawler.contract.clock import Clock
from crawler.contract.frontier import (
    Completion,
    Coverage,
    DerivedItem,
    FrontierStats,
    Halt,
    HostState,
    Lease,
    Outcome,
    PassedOver,
    Round,
    Target,
)
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.frontier import (
    sqlite_coverage,
    sqlite_hosts,
    sqlite_passed,
    sqlite_queue,
    sqlite_reports,
    sqlite_revisits,
    sqlite_rounds,
)
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.describing import Describe
from crawler.frontier.sqlite_file import open_database, transaction
from crawler.frontier.sqlite_step import Step

_REAPED_AT_ONCE = 500
_LISTED_AT_ONCE = 500


class SqliteFrontier:
    """See `crawler.contract.frontier.Frontier`. Each method is one transaction, durable when it returns."""

    def __init__(self, path: Path, table: FrontierTable, clock: Clock, describe: Describe | None = None) -> None:
        self._path = path
        self._describe = describe
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()
        self._database = open_database(path)

    def add(self, targets: Sequence[Target]) -> int:
        """See the port."""
        with self._writing() as step:
            return sqlite_queue.accept(step, targets).how_many

    def lease(self, worker: str, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """See the port. Hosts take turns: with more hosts due than `limit`, each gives one target.

        Within a host and a priority, what stands behind a target of a site that is not named waits with it.
        """
        with self._writing() as step:
            sqlite_queue.promote(step)
            sqlite_hosts.forget_rested(step)
            named = sqlite_rounds.open_ones(step, sites)
            return list(sqlite_queue.hand_out(step, worker, named, limit=limit, per_host=per_host))

    def settle(self, worker: str, host: str, address: str) -> bool:
        """See the port."""
        with self._writing() as step:
            return sqlite_hosts.settle(step, worker, host, address)

    def complete(self, completions: Sequence[Completion]) -> int:
        """See the port."""
        with self._writing() as step:
            return sum(_complete(step, completion) for completion in completions)

    def release(self, lease_id: str, *, not_before: float, attempt: int) -> bool:
        """See the port."""
        with self._writing() as step:
            row = sqlite_queue.leased(step, lease_id)
            if row is not None:
                sqlite_queue.put_back(step, row, not_before=not_before, attempt=attempt)
            return row is not None

    def fail(self, lease_id: str, reason: Reason) -> bool:
        """See the port."""
        return self.complete([Completion(lease_id=lease_id, outcome=Outcome(kind="failed", reason=reason))]) == 1

    def renew(self, worker: str, lease_ids: Sequence[str]) -> Sequence[str]:
        """See the port. A lease that has expired can be renewed as long as nobody has reaped it."""
        with self._writing() as step:
            return list(sqlite_queue.renew(step, worker, lease_ids))

    def reap(self) -> int:
        """See the port. A target whose holders have died too often fails instead."""
        reaped = 0
        while True:
            with self._writing() as step:
                found = sqlite_queue.reap(step, _REAPED_AT_ONCE)
            reaped += found
            if found < _REAPED_AT_ONCE:
                return reaped

    def defer_host(self, host: str, until: float) -> None:
        """See the port."""
        with self._writing() as step:
            sqlite_hosts.defer(step, host, until)

    def has_work(self) -> bool:
        """See the port."""
        with self._reading() as step:
            return sqlite_coverage.has_work(step)

    def set_budget(self, scope: str, *, pages: int | None = None, pictures: int | None = None) -> None:
        """See the port."""
        with self._writing() as step:
            sqlite_rounds.set_budget(step, scope, pages, pictures)

    def open_report(self, report: Report, *, items: int) -> bool:
        """See the port."""
        with self._writing() as step:
            return sqlite_reports.open_report(step, report, items)

    def report(self, report_id: str) -> Report | None:
        """See the port."""
        with self._reading() as step:
            return sqlite_reports.one(step, report_id)

    def reports(self) -> Sequence[Report]:
        """See the port."""
        with self._reading() as step:
            return sqlite_reports.newest_first(step)

    def derived_items(self, report_id: str) -> Iterator[DerivedItem]:
        """See the port. Read bit by bit: what ends meanwhile may be told either way."""
        place = -1
        while True:
            with self._reading() as step:
                found = sqlite_reports.items(step, report_id, place, _LISTED_AT_ONCE)
            for place, item in found:  # noqa: B007  # the last place is read on from
                yield item
            if len(found) < _LISTED_AT_ONCE:
                return

    def begin_round(self, site: str, *, after: int, interval: float, seeds: Sequence[Target] = ()) -> bool:
        """See the port."""
        with self._writing() as step:
            begun = sqlite_rounds.begin(step, site, after, interval)
            if begun:
                sqlite_queue.accept(step, seeds)
            return begun

    def rounds(self) -> Sequence[Round]:
        """See the port."""
        with self._reading() as step:
            return sqlite_rounds.current(step)

    def schedule_revisits(self, *, sites: Collection[str], limit: int) -> int:
        """See the port."""
        with self._writing() as step:
            return sqlite_revisits.schedule(step, sites, limit)

    def halt(self, halt: Halt) -> None:
        """See the port."""
        with self._writing() as step:
            sqlite_rounds.halt(step, halt)

    def resume(self, scope: str) -> bool:
        """See the port."""
        with self._writing() as step:
            return sqlite_rounds.resume(step, scope)

    def halts(self) -> Sequence[Halt]:
        """See the port."""
        with self._reading() as step:
            return sqlite_rounds.halts(step)

    def passed_over(
        self, *, site: str | None = None, report_id: str | None = None, reason: Reason | None = None
    ) -> Iterator[PassedOver]:
        """See the port. Read bit by bit: what is listed meanwhile comes at the end."""
        place = sqlite_passed.BEGINNING
        while True:
            with self._reading() as step:
                found = sqlite_passed.after(
                    step, place, site=site, report_id=report_id, reason=reason, limit=_LISTED_AT_ONCE
                )
            for place, passed in found:  # noqa: B007  # the last place is read on from
                yield passed
            if len(found) < _LISTED_AT_ONCE:
                return

    def stats(self) -> FrontierStats:
        """See the port."""
        with self._reading() as step:
            return sqlite_coverage.stats(step)

    def coverage(self) -> Sequence[Coverage]:
        """See the port."""
        with self._reading() as step:
            return sqlite_coverage.sites(step)

    def report_coverage(self, report_id: str) -> Coverage | None:
        """See the port."""
        with self._reading() as step:
            return sqlite_coverage.report(step, report_id)

    def host_states(self, *, limit: int) -> Sequence[HostState]:
        """See the port."""
        with self._reading() as step:
            return sqlite_hosts.states(step, limit)

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[Step]:
        with self._lock, transaction(self._database, self._path, writing=True):
            # Only now: waiting for other processes may have taken seconds.
            step = Step(self._database, self._table, self._clock())
            yield step
            if self._describe is not None and step.refused:
                found = (self._describe(target, Reason.OVER_BUDGET, step.now) for target in step.refused)
                sqlite_passed.list_them(step, found)
            step.finish()

    @contextmanager
    def _reading(self) -> Iterator[Step]:
        with self._lock, transaction(self._database, self._path, writing=False):
            yield Step(self._database, self._table, self._clock())


def _complete(step: Step, completion: Completion) -> int:
    row = sqlite_queue.leased(step, completion.lease_id)
    if row is not None:
        sqlite_queue.end(step, row, completion.outcome)
        sqlite_passed.list_them(step, completion.passed)
    accepted = sqlite_queue.accept(step, completion.children, counted=row is not None)
    if row is not None and completion.again is not None:
        again = completion.again.fruitful if accepted.unseen else completion.again.fruitless
        sqlite_revisits.keep(step, again)
    return int(row is not None)
