"""Counts, for each entry, the different pictures and hosts that it matched lately. Keyed digests only."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from crawler.contract.clock import Clock
from crawler.contract.digesting import keyed_digest
from crawler.contract.struct import Record
from crawler.sqlite_file import open_shared, transaction
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.records import Algorithm, Found, Match
from matchers.floods.configuration import FloodsTable

_FORMAT: Final = 1
_PICTURE: Final = 0
_HOST: Final = 1
_DIGEST_BYTES: Final = 8
_NEAR: Final[frozenset[Algorithm]] = frozenset({"pdq", "phash", "dhash"})
_TAKEN_UP_SECONDS: Final = 600.0
"""By then every matcher holds a flooding entry's matches apart. One that is not held apart has been released since."""
_TIDY_SECONDS: Final = 3600.0

_TABLES: Final = """
CREATE TABLE counted (
    entry BLOB NOT NULL,
    kind INTEGER NOT NULL,
    digest BLOB NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (entry, kind, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_by_time ON counted (at);
CREATE TABLE marked (
    entry BLOB PRIMARY KEY,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Flood(Record, frozen=True, kw_only=True):
    """An entry that matches more than it should. Holds no hash."""

    list: str
    list_id: str
    algorithm: Algorithm
    pictures: int
    """Different ones near it within the time."""
    hosts: int


class FloodWatch:
    """Thread-safe, and shared by the matchers of one machine. What is delivered twice counts once.

    Only near matches count as different pictures: exact ones are copies of one, which count by their hosts alone.
    An entry has at most as many rows as the limits allow, and a batch more: then it is marked.
    """

    def __init__(self, path: Path, clock: Clock, table: FloodsTable, *, digest_key: bytes) -> None:
        """Makes the file if it is not there. Raises as all methods: the port's errors."""
        self._path = path
        self._clock = clock
        self._table = table
        self._digest_key = digest_key
        self._window = timedelta(hours=table.hours).total_seconds()
        self._lock = threading.Lock()
        self._tidied_at = float("-inf")
        try:
            with self._told_apart():
                self._connection = open_shared(path)
                # What a loss of power takes from these counts is seen again, or is no flood.
                self._connection.execute("PRAGMA synchronous = NORMAL")
        except OSError as error:
            raise StoreRefusedError(
                f"{path}: floods cannot be counted here ({type(error).__name__}). "
                "Check the state folder's owner and permissions."
            ) from None
        with self._transaction() as connection:
            self._create(connection)

    def note(self, found: Sequence[Found]) -> list[Flood]:
        """Count these; returns the entries that flood and have not been called `marked` lately.

        Matches that are held apart for a flood already are left out. Times are those of the fetches, so that a
        backlog that is worked off fast is no flood.
        """
        matches = [(each, one.match) for each in found for one in each.evidence if one.match.held_apart != "flood"]
        if not matches:
            return []
        now = self._clock()
        asked: dict[bytes, Match] = {}
        with self._transaction() as connection:
            self._tidy(connection, now)
            quiet: dict[bytes, bool] = {}
            rows: list[tuple[bytes, int, bytes, float]] = []
            for each, match in matches:
                entry = self._entry(match)
                if entry not in quiet:
                    quiet[entry] = self._is_quiet(connection, entry, now)
                if not quiet[entry]:
                    asked[entry] = match
                    rows += self._rows(entry, each, match)
            connection.executemany(
                "INSERT INTO counted VALUES (?, ?, ?, ?) "
                "ON CONFLICT (entry, kind, digest) DO UPDATE SET at = max(at, excluded.at)",
                rows,
            )
            counts = {entry: self._counts(connection, entry) for entry in asked}
        return [
            Flood(list=match.list, list_id=match.list_id, algorithm=match.algorithm, pictures=pictures, hosts=hosts)
            for entry, match in asked.items()
            for pictures, hosts in [counts[entry]]
            if pictures >= self._table.pictures or hosts >= self._table.hosts
        ]

    def marked(self, floods: Sequence[Flood]) -> None:
        """The known set knows of these: they are quiet from here on, and counted anew once a person releases them."""
        now = self._clock()
        with self._transaction() as connection:
            for each in floods:
                entry = self._entry(each)
                connection.execute("DELETE FROM counted WHERE entry = ?", (entry,))
                connection.execute(
                    "INSERT INTO marked VALUES (?, ?) ON CONFLICT (entry) DO UPDATE SET at = excluded.at", (entry, now)
                )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _entry(self, of: Match | Flood) -> bytes:
        return bytes.fromhex(keyed_digest(self._digest_key, "flood entry", of.algorithm, of.list, of.list_id))

    @staticmethod
    def _is_quiet(connection: sqlite3.Connection, entry: bytes, now: float) -> bool:
        """Whether it was marked so lately that matchers may not have heard of it."""
        row = connection.execute("SELECT at FROM marked WHERE entry = ?", (entry,)).fetchone()
        if row is None:
            return False
        if now - row[0] < _TAKEN_UP_SECONDS:
            return True
        connection.execute("DELETE FROM marked WHERE entry = ?", (entry,))
        return False

    def _rows(self, entry: bytes, found: Found, match: Match) -> Iterator[tuple[bytes, int, bytes, float]]:
        at = found.sighting.at.timestamp()
        host = keyed_digest(self._digest_key, "flood host", found.hit.origin.host)
        yield entry, _HOST, bytes.fromhex(host)[:_DIGEST_BYTES], at
        if match.algorithm in _NEAR:
            yield entry, _PICTURE, bytes.fromhex(found.evidence[0].picture)[:_DIGEST_BYTES], at

    def _counts(self, connection: sqlite3.Connection, entry: bytes) -> tuple[int, int]:
        """Pictures and hosts within the hours before the newest; what is older is forgotten."""
        newest = connection.execute("SELECT max(at) FROM counted WHERE entry = ?", (entry,)).fetchone()[0]
        connection.execute("DELETE FROM counted WHERE entry = ? AND at <= ?", (entry, newest - self._window))
        rows = connection.execute("SELECT kind, count(*) FROM counted WHERE entry = ? GROUP BY kind", (entry,))
        numbers = dict(rows.fetchall())
        return numbers.get(_PICTURE, 0), numbers.get(_HOST, 0)

    def _tidy(self, connection: sqlite3.Connection, now: float) -> None:
        """Forget, once an hour, what is too old to count whatever comes."""
        if now - self._tidied_at < _TIDY_SECONDS:
            return
        self._tidied_at = now
        # A backlog may be worked off for a week: its times are the fetches'.
        connection.execute("DELETE FROM counted WHERE at < ?", (now - self._window - 7 * 86_400,))

    def _create(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == _FORMAT:
            return
        if found:
            raise StoreRefusedError(f"{self._path}: a count of floods of format {found}; this version reads {_FORMAT}.")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_FORMAT}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told_apart(), self._lock, transaction(self._connection) as connection:
            yield connection

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreUnavailableError(
                f"{self._path}: floods cannot be counted ({error.sqlite_errorname}). "
                "Check disk space and other processes."
            ) from None
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise StoreRefusedError(f"{self._path}: floods cannot be counted ({name}).") from None
