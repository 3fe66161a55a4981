"""The hit store port in one SQLite file: the default on one machine, and the test double."""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from crawler.sqlite_file import open_shared, transaction
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.order import best_first
from matchers.contract.records import CoverageFigure, Evidence, Found, Hit, HitStanding, Restated, StoredHit
from matchers.hits.sqlite_restating import milliseconds, restand, restate, time_of
from matchers.hits.sqlite_schema import FORMAT, STANDINGS, bring_up

_PAGE: Final = 200

_HIT: Final = "SELECT hit, first_seen, standing, reopened_at, record FROM hits"

_Row = tuple[str, int, int, int | None, bytes]


class SqliteHitStore:
    """Thread-safe, and shared by any number of processes on one machine. Times are told to the millisecond."""

    def __init__(self, path: Path) -> None:
        """Makes the file if it is not there; only its owner may read it. Raises the port's errors."""
        self._path = path
        self._lock = threading.Lock()
        try:
            with self._told_apart():
                self._connection = open_shared(path)
                # What is being restated is remembered in a table of the connection's own: never in a file elsewhere.
                self._connection.execute("PRAGMA temp_store = MEMORY")
        except OSError as error:
            raise StoreRefusedError(
                f"{path}: the hit store cannot be opened for writing ({type(error).__name__}). "
                "Check the folder's owner and permissions, or name another `file` under [hits]."
            ) from None
        with self._told_apart(), self._transaction() as connection:
            self._create(connection)

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        """All of it in one transaction, durable when this returns."""
        with self._transaction() as connection:
            for each in found:
                at = milliseconds(each.sighting.at)
                connection.execute(
                    "INSERT INTO hits (hit, first_seen, standing, record) VALUES (?, ?, 0, ?) ON CONFLICT (hit) "
                    "DO UPDATE SET record = iif(?, record, excluded.record), "
                    "first_seen = min(first_seen, excluded.first_seen)",
                    (each.hit.id, at, msgspec.json.encode(each.hit), again),
                )
                connection.executemany(
                    "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    [_row(one) for one in each.evidence],
                )
                connection.execute(
                    "INSERT INTO sightings (sighting, hit, at, record) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (each.sighting.id, each.hit.id, at, msgspec.json.encode(each.sighting)),
                )
            restand(connection, [each.hit.id for each in found])

    def restate(self, changes: Sequence[Restated]) -> int:
        """All of it in one transaction, durable when this returns. Other writers wait meanwhile."""
        with self._transaction() as connection:
            return restate(connection, changes)

    def hits(self, standing: HitStanding | None = None) -> Iterator[StoredHit]:
        """See the port. Read in pages: what is stored meanwhile may or may not be among them."""
        only = "" if standing is None else "standing = ? AND "
        chosen = () if standing is None else (STANDINGS.index(standing),)
        query = f"{_HIT} WHERE {only}(first_seen, hit) > (?, ?) ORDER BY first_seen, hit LIMIT ?"
        last = (-(2**63), "")
        while page := self._read(query, (*chosen, *last, _PAGE)):
            yield from page
            last = (milliseconds(page[-1].first_seen), page[-1].hit.id)

    def get(self, hit_id: str) -> StoredHit | None:
        """One hit, or None."""
        found = self._read(f"{_HIT} WHERE hit = ?", (hit_id,))
        return found[0] if found else None

    def count(self) -> int:
        """How many hits there are."""
        with self._told_apart(), self._lock:
            number: int = self._connection.execute("SELECT count(*) FROM hits").fetchone()[0]
        return number

    def keep_coverage(self, figures: Sequence[CoverageFigure]) -> None:
        """All of it in one transaction, durable when this returns."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO coverage (figure, day, record) VALUES (?, ?, ?) ON CONFLICT (figure) DO UPDATE "
                "SET record = excluded.record",
                [(each.id, each.day, msgspec.json.encode(each)) for each in figures],
            )

    def coverage(self, day: str) -> Sequence[CoverageFigure]:
        """See the port."""
        query = "SELECT record FROM coverage WHERE day = ? ORDER BY figure"
        with self._told_apart(), self._lock:
            rows = self._connection.execute(query, (day,)).fetchall()
        return [msgspec.json.decode(record, type=CoverageFigure) for (record,) in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _read(self, query: str, values: tuple[int | str, ...]) -> list[StoredHit]:
        """The hits that the query selects, with all that belongs to them, as of one moment."""
        with self._told_apart(), self._lock:
            self._connection.execute("BEGIN")
            try:
                rows: list[_Row] = self._connection.execute(query, values).fetchall()
                evidence = self._evidence(rows)
                sightings = self._sightings(rows)
            finally:
                self._connection.execute("COMMIT")
        return [
            StoredHit(
                hit=msgspec.json.decode(record, type=Hit),
                evidence=tuple(sorted(evidence[hit_id], key=lambda one: best_first(one.match))),
                first_seen=time_of(first_seen),
                last_seen=time_of(sightings[hit_id][0]),
                sightings=sightings[hit_id][1],
                standing=STANDINGS[standing],
                reopened_at=None if reopened_at is None else time_of(reopened_at),
            )
            for hit_id, first_seen, standing, reopened_at, record in rows
        ]

    def _evidence(self, rows: Sequence[_Row]) -> dict[str, list[Evidence]]:
        query = "SELECT hit, held_apart, withdrawn, record FROM evidence WHERE hit IN (SELECT value FROM json_each(?))"
        found: dict[str, list[Evidence]] = defaultdict(list)
        for hit_id, held_apart, withdrawn, record in self._connection.execute(query, (_ids(rows),)):
            stored = msgspec.json.decode(record, type=Evidence)
            match = msgspec.structs.replace(stored.match, held_apart=held_apart)
            found[hit_id].append(msgspec.structs.replace(stored, match=match, withdrawn=withdrawn))
        return found

    def _sightings(self, rows: Sequence[_Row]) -> dict[str, tuple[int, int]]:
        query = (
            "SELECT hit, max(at), count(*) FROM sightings WHERE hit IN (SELECT value FROM json_each(?)) GROUP BY hit"
        )
        found = self._connection.execute(query, (_ids(rows),))
        return {hit_id: (last, number) for hit_id, last, number in found}

    def _create(self, connection: sqlite3.Connection) -> None:
        found = bring_up(connection)
        if found != FORMAT:
            raise StoreRefusedError(f"{self._path}: a hit store of format {found}; this version reads {FORMAT}.")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told_apart(), self._lock, transaction(self._connection) as connection:
            yield connection

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """Turns SQLite's errors into the port's: busy or out of reach is worth another try, all else is not."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreUnavailableError(
                f"{self._path}: the hit store does not answer ({error.sqlite_errorname}). "
                "Check disk space and other processes."
            ) from None
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise StoreRefusedError(f"{self._path}: the hit store cannot be used ({name}).") from None


def _row(one: Evidence) -> tuple[str | int | bytes | None, ...]:
    match = one.match
    entry = (match.list, match.list_id, match.algorithm)
    # It heard of all that the known set went through up to then.
    heard = (one.known_version, milliseconds(one.seen_at))
    return (one.id, one.hit_id, *entry, match.held_apart, one.withdrawn, *heard, msgspec.json.encode(one))


def _ids(rows: Sequence[_Row]) -> str:
    return msgspec.json.encode([row[0] for row in rows]).decode()
