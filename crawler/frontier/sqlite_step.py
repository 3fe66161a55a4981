"""One transaction under way, with what it counts: each figure is written once, at its end."""

import sqlite3
from collections import Counter

from crawler.contract.frontier import Outcome, Target
from crawler.contract.reasons import Reason
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.counting import beside


class Step:
    """A transaction and its moment. `finish` writes what was counted; without it nothing was."""

    def __init__(self, database: sqlite3.Connection, table: FrontierTable, now: float) -> None:
        self.database = database
        self.table = table
        self.now = now
        self.emptied: set[str] = set()
        """Hosts of which a target ended: it may have been the last."""
        self.refused: list[Target] = []
        """Those that were counted as beyond the budget."""
        self._known: Counter[tuple[str, str]] = Counter()
        self._pending: Counter[tuple[str, str]] = Counter()
        self._leased: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[tuple[str, str, str, str, str]] = Counter()
        self._budgets: dict[tuple[str, str], int | None] = {}
        self._taken: Counter[tuple[str, str]] = Counter()

    def accepted(self, site: str, report: str | None) -> None:
        """A target became known, and waits."""
        for scope in _scopes(site, report):
            self._known[scope] += 1
            self._pending[scope] += 1

    def leased(self, site: str, report: str | None) -> None:
        """One that waited was handed out."""
        for scope in _scopes(site, report):
            self._pending[scope] -= 1
            self._leased[scope] += 1

    def returned(self, site: str, report: str | None) -> None:
        """One that was handed out waits again."""
        for scope in _scopes(site, report):
            self._leased[scope] -= 1
            self._pending[scope] += 1

    def ended(self, site: str, report: str | None, kind: str, outcome: Outcome) -> None:
        """One that was handed out is done with."""
        for scope in _scopes(site, report):
            self._leased[scope] -= 1
        self.counted(site, report, outcome.found or kind, outcome.kind, outcome.reason, 1)
        for also, kind_of_end, reason, count in beside(outcome):
            self.counted(site, report, also, kind_of_end, reason, count)

    def counted(
        self, site: str, report: str | None, kind: str, outcome: str, reason: Reason | None, count: int
    ) -> None:
        """Something ended, or was not followed, so often."""
        for scope in ("", report) if report else ("",):
            self._counts[scope, site, str(kind), str(outcome), str(reason or "")] += count

    def room(self, site: str, report: str | None, kind: str) -> bool:
        """Whether the budget lets one more target in."""
        left = self._left(site, report, kind)
        return left is None or left > self._taken[_purse(site, report, kind)]

    def took(self, site: str, report: str | None, kind: str) -> None:
        """One target more counts against the budget."""
        self._taken[_purse(site, report, kind)] += 1

    def take(self, name: str, count: int) -> int:
        """Take `count` numbers of a series; returns the first."""
        (value,) = self.database.execute(
            "UPDATE totals SET value = value + ? WHERE name = ? RETURNING value", (count, name)
        ).fetchone()
        return int(value) - count + 1

    def finish(self) -> None:
        """Write what was counted."""
        self._write_budgets()
        scopes = self._known.keys() | self._pending.keys() | self._leased.keys()
        self.database.executemany(
            "INSERT INTO standing VALUES (?, ?, ?, ?, ?) ON CONFLICT (report, site) DO UPDATE SET"
            " known = known + excluded.known, pending = pending + excluded.pending, leased = leased + excluded.leased",
            ((*scope, self._known[scope], self._pending[scope], self._leased[scope]) for scope in scopes),
        )
        self.database.executemany(
            "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (report, site, kind, outcome, reason) DO UPDATE SET count = count + excluded.count",
            ((*name, count) for name, count in self._counts.items()),
        )
        # A host that is done with is settled anew when more of it becomes known.
        self.database.executemany(
            "UPDATE hosts SET address = NULL"
            " WHERE host = ? AND address IS NOT NULL AND queued = 0 AND delayed = 0 AND leased = 0",
            ((host,) for host in self.emptied),
        )

    def _left(self, site: str, report: str | None, kind: str) -> int | None:
        purse = _purse(site, report, kind)
        if purse not in self._budgets:
            if report is None:
                found = self.database.execute(
                    "SELECT most - ifnull((SELECT CASE kind WHEN 'page' THEN pages ELSE pictures END FROM rounds"
                    "  WHERE rounds.site = budgets.site), 0) FROM budgets WHERE site = ? AND kind = ?",
                    (site, kind),
                ).fetchone()
            else:
                found = self.database.execute("SELECT most - accepted FROM reports WHERE id = ?", (report,)).fetchone()
            self._budgets[purse] = None if found is None else int(found[0])
        return self._budgets[purse]

    def _write_budgets(self) -> None:
        for (scope, kind), count in self._taken.items():
            if kind == "report":
                self.database.execute("UPDATE reports SET accepted = accepted + ? WHERE id = ?", (count, scope))
            else:
                pages, pictures = (count, 0) if kind == "page" else (0, count)
                self.database.execute(
                    "INSERT INTO rounds VALUES (?, 0, ?, 0, ?, ?) ON CONFLICT (site) DO UPDATE SET"
                    " pages = pages + excluded.pages, pictures = pictures + excluded.pictures",
                    (scope, self.now, pages, pictures),
                )


def _scopes(site: str, report: str | None) -> tuple[tuple[str, str], ...]:
    return (("", site), (report, "")) if report else (("", site),)


def _purse(site: str, report: str | None, kind: str) -> tuple[str, str]:
    """What a target is paid from: its report's budget, or its site's for pages or pictures."""
    return (site, kind) if report is None else (report, "report")
