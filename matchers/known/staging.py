"""A list's file on its way in: its rows, veiled from the first byte on, in a folder beside the known set.

Nothing of it is visible until it is merged. What a killed import left behind is cleared away by a later one; what
waits for a second person stays until it is decided.
"""

import json
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.people import Person
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, ListHead, Row, Tombstone
from matchers.known.schema import CODES
from matchers.known.staging_area import ROWS_FILE
from matchers.known.veiling import veiled
from matchers.veil import Veil

_BATCH: Final = 20_000
_CACHE_KIB: Final = 128 * 1024
"""Page cache while sorting: it bounds the memory an import takes."""

_TABLES: Final = """
CREATE TABLE came (
    place INTEGER PRIMARY KEY, list_id TEXT NOT NULL, algorithm INTEGER NOT NULL, value BLOB NOT NULL,
    category TEXT, source TEXT, dated REAL
) STRICT;
CREATE TABLE tombstones (
    place INTEGER PRIMARY KEY, list_id TEXT NOT NULL, algorithm INTEGER, value BLOB
) STRICT;
CREATE TABLE bad (line INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE rows (
    list_id TEXT NOT NULL, algorithm INTEGER NOT NULL, value BLOB NOT NULL,
    category TEXT, source TEXT, dated REAL,
    PRIMARY KEY (list_id, algorithm, value)
) STRICT, WITHOUT ROWID;
"""

_SORT: Final = """
INSERT OR REPLACE INTO rows
    SELECT list_id, algorithm, value, category, source, dated FROM came
    WHERE NOT EXISTS (
        SELECT 1 FROM tombstones AS gone WHERE gone.list_id = came.list_id AND gone.place > came.place
        AND (gone.algorithm IS NULL OR gone.algorithm = came.algorithm)
        AND (gone.value IS NULL OR gone.value = came.value)
    )
    ORDER BY list_id, algorithm, value, place
"""
"""Sorted, so that a list of any size is merged in the order of the index. Of equal rows the last one counts."""


class Staged(Record, frozen=True, kw_only=True):
    """What is known of a file once it is staged."""

    list: str
    file: str
    by: Person
    list_version: str | None
    dated: UtcTime | None
    complete: bool
    rows: int
    """Readable entries, repeated ones counted each time."""
    tombstones: int
    unreadable: int
    left_out: dict[str, int]


def stage(
    folder: Path,
    rows: Iterable[Row],
    veil: Veil,
    *,
    list_name: str,
    file: str,
    by: Person,
    list_version: str | None,
    complete: bool,
    most_unreadable: float,
) -> Staged:
    """Take the rows in, streaming, and sort them; on disk when it returns. Memory stays bounded.

    Raises `ImportRefusedError` when there are none, or too many of them cannot be read.
    """
    path = folder / ROWS_FILE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # It is thrown away whole if this process ends early, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.executescript(_TABLES)
        taking = _Taking(connection, veil, list_name)
        each = iter(rows)
        while batch := list(islice(each, _BATCH)):
            taking.take(batch)
        taking.judge(most_unreadable, complete=complete)
        connection.execute("CREATE INDEX tombstones_by_id ON tombstones (list_id)")
        connection.execute(_SORT)
        connection.execute("DROP TABLE came")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    head = taking.head
    return Staged(
        list=list_name,
        file=file,
        by=by,
        list_version=list_version if list_version is not None else head.version,
        dated=head.dated,
        complete=complete,
        rows=taking.entries,
        tombstones=taking.tombstones,
        unreadable=taking.reasons.total(),
        left_out=dict(taking.left_out),
    )


class _Taking:
    """Takes rows in batch by batch and counts them."""

    def __init__(self, connection: sqlite3.Connection, veil: Veil, list_name: str) -> None:
        self._connection = connection
        self._veil = veil
        self._list = list_name
        self._place = 0
        self._first_line: dict[str, int] = {}
        self.head = ListHead()
        self.entries = self.tombstones = 0
        self.reasons: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def take(self, rows: Sequence[Row]) -> None:
        """Veil the hashes, write all down."""
        entries: defaultdict[Algorithm, list[tuple[int, KnownEntry]]] = defaultdict(list)
        tombstones: list[tuple[int, Tombstone]] = []
        bad: list[BadRow] = []
        for place, row in enumerate(rows, self._place):
            match row:
                case KnownEntry():
                    entries[row.algorithm].append((place, row))
                case Tombstone():
                    tombstones.append((place, row))
                case BadRow():
                    bad.append(row)
                case LeftOut():
                    self.left_out[row.reason] += 1
                case ListHead():
                    self.head = row
        self._place += len(rows)
        self._connection.execute("BEGIN")
        for algorithm, some in entries.items():
            self._take_entries(algorithm, some)
        self._take_tombstones(tombstones)
        self._take_bad(bad)
        self._connection.execute("COMMIT")

    def judge(self, most_unreadable: float, *, complete: bool) -> None:
        """Raises `ImportRefusedError` when the file is not worth importing."""
        unreadable = self.reasons.total()
        total = self.entries + self.tombstones + self.left_out.total() + unreadable
        if not total:
            raise ImportRefusedError("The file holds no rows, so nothing was imported. Is it the right file?")
        if unreadable > most_unreadable * total:
            reasons = "; ".join(
                f"{reason} ({count}, first in line {self._first_line[reason]})"
                for reason, count in self.reasons.most_common(3)
            )
            raise ImportRefusedError(
                f"{unreadable} of {total} rows cannot be read, more than {most_unreadable:.0%}, so nothing was "
                f"imported. Is the format right? Most often: {reasons}."
            )
        if complete and not self.entries:
            raise ImportRefusedError(
                "The file is said to be the complete list and names no entry of it, so nothing was imported. If the "
                "list is to end, retract it: zoeklicht known retract."
            )

    def _take_entries(self, algorithm: Algorithm, some: Sequence[tuple[int, KnownEntry]]) -> None:
        if any(row.list != self._list for _, row in some):
            raise ValueError("an entry names another list than the one it is imported into")
        if any(row.value in _in_plain(row) for _, row in some):
            raise ImportRefusedError(
                "In a column that is kept as it is (list id, category or source) there are the hashes themselves, so "
                "nothing was imported. Are the columns in the right order? Where a list's ids are its hashes, leave "
                "them out: ids are made then."
            )
        code = CODES[algorithm]
        values = veiled(self._veil, algorithm, [row.value for _, row in some])
        self._connection.executemany(
            "INSERT INTO came VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    place,
                    row.list_id,
                    code,
                    value,
                    row.category,
                    row.source,
                    None if row.dated is None else row.dated.timestamp(),
                )
                for (place, row), value in zip(some, values, strict=True)
            ],
        )
        self.entries += len(some)

    def _take_tombstones(self, some: Sequence[tuple[int, Tombstone]]) -> None:
        if any(row.value is not None and row.algorithm is None for _, row in some):
            raise ValueError("a tombstone that names a hash names its algorithm, too")
        self._connection.executemany(
            "INSERT INTO tombstones VALUES (?, ?, ?, ?)",
            [
                (
                    place,
                    row.list_id,
                    None if row.algorithm is None else CODES[row.algorithm],
                    None
                    if row.algorithm is None or row.value is None
                    else veiled(self._veil, row.algorithm, [row.value])[0],
                )
                for place, row in some
            ],
        )
        self.tombstones += len(some)

    def _take_bad(self, some: Sequence[BadRow]) -> None:
        self._connection.executemany("INSERT INTO bad VALUES (?, ?)", [(row.line, row.reason) for row in some])
        for row in some:
            self.reasons[row.reason] += 1
            self._first_line.setdefault(row.reason, row.line)


def _in_plain(row: KnownEntry) -> tuple[str, str, str]:
    """What of a row is not veiled."""
    return row.list_id.lower(), (row.category or "").lower(), (row.source or "").lower()


def left_out_text(counts: dict[str, int]) -> str:
    """Counts by reason as JSON."""
    return json.dumps(counts, ensure_ascii=False, sort_keys=True)
