"""The known set on disk: entries with their provenance, the rows that could not be read, and a version.

Imports write here; a `LoadedKnownSet` reads a version of it into an index. While an import runs every reader keeps
the set as it was before; the new one is there, whole, at its commit.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from crawler.contract.clock import Clock
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.importing import Importing
from matchers.known.report import ImportReport, ListCount, QuarantinedRow
from matchers.known.rows import Row
from matchers.known.schema import connect, create, told_apart

_IMPORT_BATCH = 10_000
_READ_BATCH = 50_000


class KnownSnapshot:
    """One version of the set, as it stays while this is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.version = _version(connection)

    def values(self, algorithm: Algorithm) -> Iterator[tuple[Sequence[int], bytes]]:
        """Entry numbers, ascending, and their hashes end to end, in blocks of bounded size."""
        found = self._connection.execute(
            "SELECT entry, value FROM entries WHERE algorithm = ? ORDER BY entry", (algorithm,)
        )
        while rows := found.fetchmany(_READ_BATCH):
            yield [row[0] for row in rows], b"".join([row[1] for row in rows])


class KnownStore:
    """Thread-safe, and shared by any number of processes on one machine.

    Every method raises `StoreUnavailableError` when the file is busy for too long or out of reach, and
    `StoreRefusedError` when it is no known set.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        create(path)
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection = connect(path)

    def import_rows(
        self, list_name: str, rows: Iterable[Row], *, file: str, most_unreadable: float = 0.2
    ) -> ImportReport:
        """Take a list's rows in, streaming, as one transaction. Importing the same again changes nothing.

        `file` names the import's origin in the quarantine; what an earlier import of the same list and file left
        there is replaced. The version grows when anything was added or changed. Raises `ImportRefusedError`, with
        nothing imported, when there are no rows or more than the share `most_unreadable` could not be read.
        """
        with told_apart(self._path), self._opened() as connection:
            # IMMEDIATE: a second import waits for this one instead of failing at its first write.
            connection.execute("BEGIN IMMEDIATE")
            try:
                run = Importing(connection, list_name, file, at=self._clock())
                each = iter(rows)
                while batch := list(islice(each, _IMPORT_BATCH)):
                    run.take(batch)
                report = run.finish(version=_version(connection), most_unreadable=most_unreadable)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return report

    @property
    def version(self) -> int:
        """0 for a set that never held anything; grows with every import that changed it."""
        with told_apart(self._path), self._lock:
            return _version(self._connection)

    @contextmanager
    def snapshot(self) -> Iterator[KnownSnapshot]:
        """One version of the set, held for reading; neither waits for an import nor keeps one waiting."""
        with told_apart(self._path), self._opened() as connection:
            connection.execute("BEGIN")
            yield KnownSnapshot(connection)

    def entries(self, numbers: Iterable[int]) -> Mapping[int, KnownEntry]:
        """The entries with these numbers; a number that is not there is left out."""
        wanted = json.dumps(sorted(set(numbers)))
        with told_apart(self._path), self._lock:
            rows = self._connection.execute(
                "SELECT entry, algorithm, value, name, list_id, category, source FROM entries JOIN lists USING (list) "
                "WHERE entry IN (SELECT value FROM json_each(?))",
                (wanted,),
            ).fetchall()
        return {
            row[0]: KnownEntry(
                algorithm=row[1], value=row[2].hex(), list=row[3], list_id=row[4], category=row[5], source=row[6]
            )
            for row in rows
        }

    def counts(self) -> tuple[ListCount, ...]:
        """What each list holds, by name. Reads the whole set."""
        with told_apart(self._path), self._opened() as connection:
            rows = connection.execute(
                "SELECT name, (SELECT json_group_object(algorithm, n) FROM"
                "   (SELECT algorithm, count(*) AS n FROM entries WHERE entries.list = lists.list GROUP BY algorithm)),"
                " (SELECT count(*) FROM quarantine JOIN runs USING (run) WHERE runs.list = lists.list),"
                " (SELECT max(at) FROM runs WHERE runs.list = lists.list) FROM lists ORDER BY name"
            ).fetchall()
        return tuple(
            ListCount(
                list=name,
                entries=msgspec.json.decode(by_algorithm, type=dict[Algorithm, int]),
                quarantined=quarantined,
                last_import=datetime.fromtimestamp(at, UTC),
            )
            for name, by_algorithm, quarantined, at in rows
        )

    def quarantined(self, list_name: str | None = None) -> Iterator[QuarantinedRow]:
        """The rows that could not be read at each file's last import, of one list or of all."""
        with told_apart(self._path), self._opened() as connection:
            rows = connection.execute(
                "SELECT name, file, line, reason FROM quarantine JOIN runs USING (run) JOIN lists USING (list) "
                "WHERE ?1 IS NULL OR name = ?1 ORDER BY run, line",
                (list_name,),
            )
            for name, file, line, reason in rows:
                yield QuarantinedRow(list=name, file=file, line=line, reason=reason)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, for what takes long: the shared one stays free for look-ups."""
        connection = connect(self._path)
        try:
            yield connection
        finally:
            connection.close()


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT coalesce(max(version), 0) FROM runs").fetchone()[0]
    return found
