"""One import under way, inside the transaction that the store opened for it."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from matchers.contract.records import KnownEntry
from matchers.known.report import ImportRefusedError, ImportReport
from matchers.known.rows import BadRow, Row

_MAX_NAME = 100


class Importing:
    """Takes rows in batch by batch and adds up what they did."""

    def __init__(self, connection: sqlite3.Connection, list_name: str, file: str, *, at: float) -> None:
        if not 0 < len(list_name) <= _MAX_NAME:
            raise ImportRefusedError(f"A list's name has 1 to {_MAX_NAME} characters; nothing was imported.")
        self._connection = connection
        self._name = list_name
        self._added = self._changed = self._entries = 0
        self._reasons: Counter[str] = Counter()
        self._first_line: dict[str, int] = {}
        connection.execute("INSERT INTO lists (name) VALUES (?) ON CONFLICT DO NOTHING", (list_name,))
        (self._list,) = connection.execute("SELECT list FROM lists WHERE name = ?", (list_name,)).fetchone()
        connection.execute(
            "DELETE FROM quarantine WHERE run IN (SELECT run FROM runs WHERE list = ? AND file = ?)", (self._list, file)
        )
        self._run = connection.execute(
            "INSERT INTO runs (list, file, at, added, changed, already_there, unreadable, version) "
            "VALUES (?, ?, ?, 0, 0, 0, 0, 0)",
            (self._list, file, at),
        ).lastrowid

    def take(self, rows: Sequence[Row]) -> None:
        """Keep what can be read and set the rest aside by line and reason."""
        self._take_entries([row for row in rows if isinstance(row, KnownEntry)])
        bad = [row for row in rows if isinstance(row, BadRow)]
        self._connection.executemany(
            "INSERT INTO quarantine (run, line, reason) VALUES (?, ?, ?)",
            [(self._run, row.line, row.reason) for row in bad],
        )
        for row in bad:
            self._reasons[row.reason] += 1
            self._first_line.setdefault(row.reason, row.line)

    def _take_entries(self, entries: Sequence[KnownEntry]) -> None:
        if any(entry.list != self._name for entry in entries):
            raise ValueError("an entry names another list than the one it is imported into")
        keyed = [
            (each.category, each.source, self._run, self._list, each.list_id, each.algorithm, bytes.fromhex(each.value))
            for each in entries
        ]
        self._entries += len(keyed)
        added = self._connection.executemany(
            "INSERT INTO entries (category, source, run, list, list_id, algorithm, value) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            keyed,
        ).rowcount
        self._added += max(added, 0)
        if added < len(keyed):
            self._changed += self._connection.executemany(
                "UPDATE entries SET category = ?1, source = ?2, run = ?3 "
                "WHERE list = ?4 AND list_id = ?5 AND algorithm = ?6 AND value = ?7 "
                "AND (category IS NOT ?1 OR source IS NOT ?2)",
                keyed,
            ).rowcount

    def finish(self, *, version: int, most_unreadable: float) -> ImportReport:
        """Write the run's sums down. Raises `ImportRefusedError` when too much of the file could not be read."""
        unreadable = self._reasons.total()
        total = self._entries + unreadable
        if not total:
            raise ImportRefusedError("The file holds no rows, so nothing was imported. Is it the right file?")
        if unreadable > most_unreadable * total:
            reasons = "; ".join(
                f"{reason} ({count}, first in line {self._first_line[reason]})"
                for reason, count in self._reasons.most_common(3)
            )
            raise ImportRefusedError(
                f"{unreadable} of {total} rows cannot be read, more than {most_unreadable:.0%}, so nothing was "
                f"imported. Is the format right? Most often: {reasons}."
            )
        report = ImportReport(
            list=self._name,
            added=self._added,
            changed=self._changed,
            already_there=self._entries - self._added - self._changed,
            unreadable=unreadable,
            version=version + 1 if self._added or self._changed else version,
        )
        self._connection.execute(
            "UPDATE runs SET added = ?, changed = ?, already_there = ?, unreadable = ?, version = ? WHERE run = ?",
            (report.added, report.changed, report.already_there, unreadable, report.version, self._run),
        )
        return report
