"""The known set's SQLite file: its tables, and how it is opened by any number of processes."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from matchers.contract.errors import StoreRefusedError, StoreUnavailableError

FORMAT: Final = 1
"""`PRAGMA user_version` of a file this code can use."""

_BUSY_SECONDS: Final = 30.0

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS lists (
    list INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY,
    list INTEGER NOT NULL REFERENCES lists,
    file TEXT NOT NULL,
    at REAL NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    already_there INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    list INTEGER NOT NULL REFERENCES lists,
    list_id TEXT NOT NULL,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('md5', 'sha1', 'sha256', 'pdq')),
    value BLOB NOT NULL CHECK (
        length(value) = CASE algorithm WHEN 'md5' THEN 16 WHEN 'sha1' THEN 20 ELSE 32 END
    ),
    category TEXT,
    source TEXT,
    run INTEGER NOT NULL,
    UNIQUE (list, list_id, algorithm, value)
) STRICT;
CREATE TABLE IF NOT EXISTS quarantine (
    run INTEGER NOT NULL REFERENCES runs,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS quarantine_by_run ON quarantine (run);
"""


def create(path: Path) -> None:
    """Make the file and its tables unless they are there. Only its owner may read it: it holds known hashes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only if it is new: closing a file drops every lock this process has on it, SQLite's own included.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreRefusedError(
            f"{path}: the known set cannot be opened for writing ({type(error).__name__}). "
            "Check the folder's owner and permissions, or name another `file` under [known]."
        ) from None
    with told_apart(path):
        connection = connect(path)
        try:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in {0, FORMAT}:
                raise StoreRefusedError(f"{path}: a known set of format {found}; this version reads format {FORMAT}.")
            if found == 0:
                _log_ahead(connection)
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        finally:
            connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; writers begin with BEGIN IMMEDIATE, so that they wait instead of failing."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into the port's: busy or out of reach is worth another try, all else is not."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(
            f"{path}: the known set does not answer ({error.sqlite_errorname}). Check disk space and other processes."
        ) from None
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise StoreRefusedError(
            f"{path}: the known set cannot be used ({name}). If it is damaged, move it away and import again."
        ) from None


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. While several processes do so on a new file SQLite says BUSY at once, timeout or not."""
    patience = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.02)
        else:
            return
