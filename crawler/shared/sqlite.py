"""The shared store on one machine: an SQLite file that all its crawlers open."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from crawler import sqlite_file
from crawler.contract.clock import Clock
from crawler.contract.errors import ConfigError, UnavailableError

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS entries_by_end ON entries (expires)",
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, expires REAL NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS claims_by_end ON claims (expires)",
)
_CLEANED_AT_LEAST = 100
_AT_ONCE = 500
"""Keys in one statement: well below what SQLite takes."""


class SqliteShared:
    """See `crawler.contract.shared.SharedStore`.

    Entries outlive every process, but the last ones may be lost with the machine's power (`synchronous=NORMAL`):
    all that is kept here can be had again. What is over is cleaned away as new entries come in.
    """

    def __init__(self, path: Path, clock: Clock = time.time) -> None:
        """Raises `ConfigError` when the file cannot be made or is none of ours."""
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        try:
            with self._explained():
                self._database = sqlite_file.open_shared(path)
                try:
                    self._database.execute("PRAGMA synchronous = NORMAL")
                    with sqlite_file.transaction(self._database):
                        for statement in _SCHEMA:
                            self._database.execute(statement)
                except BaseException:
                    self._database.close()
                    raise
        except OSError as error:
            raise ConfigError(f"{path}: cannot be opened ({type(error).__name__}). Check the state folder.") from None

    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """See the port."""
        found: dict[str, bytes] = {}
        with self._transaction(writing=False) as now:
            for i in range(0, len(keys), _AT_ONCE):
                some = keys[i : i + _AT_ONCE]
                found.update(
                    self._database.execute(
                        f"SELECT key, value FROM entries WHERE key IN ({_marks(some)}) AND expires > ?",  # noqa: S608
                        (*some, now),
                    )
                )
        return [found.get(key) for key in keys]

    def put(self, entries: Mapping[str, bytes], *, seconds: float) -> None:
        """See the port. All of them or, when it raises, none."""
        with self._transaction() as now:
            self._clean("entries", now, _CLEANED_AT_LEAST + 2 * len(entries))
            self._database.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                [(key, value, now + seconds) for key, value in entries.items()],
            )

    def claim(self, key: str, owner: str, *, seconds: float) -> bool:
        """See the port."""
        with self._transaction() as now:
            self._clean("claims", now, _CLEANED_AT_LEAST)
            # After the cleaning: whoever is left with an end in the past was not, by luck of the limit.
            claimed = self._database.execute(
                "INSERT INTO claims VALUES (:key, :owner, :end) ON CONFLICT (key) DO UPDATE"
                " SET owner = :owner, expires = :end WHERE owner = :owner OR expires <= :now",
                {"key": key, "owner": owner, "end": now + seconds, "now": now},
            )
            return claimed.rowcount == 1

    def let_go(self, key: str, owner: str) -> None:
        """See the port."""
        with self._transaction():
            self._database.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, owner))

    def forget(self, keys: Sequence[str]) -> None:
        """See the port."""
        with self._transaction():
            self._database.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key in keys])

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._database.close()

    def _clean(self, table: str, now: float, most: int) -> None:
        """Remove some of what is over: each call more than it may add, so that the file does not grow for ever."""
        self._database.execute(
            f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608  # a name of ours
            f" (SELECT rowid FROM {table} WHERE expires <= ? ORDER BY expires LIMIT ?)",
            (now, most),
        )

    @contextmanager
    def _transaction(self, *, writing: bool = True) -> Iterator[float]:
        with self._lock, self._explained(), sqlite_file.transaction(self._database, writing=writing):
            yield self._clock()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise UnavailableError(
                f"{self._path} cannot be used now ({error.sqlite_errorname}). Is the disk full, or a process stuck?"
            ) from None
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise  # a fault of ours, not of the file
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"{self._path} is damaged or no shared store ({error.sqlite_errorname}). Delete it: it is made anew."
            ) from None


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
