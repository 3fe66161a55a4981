"""The known set's SQLite file: its tables, and how it is opened by any number of processes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from crawler.sqlite_file import open_shared
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError

FORMAT: Final = 1
"""`PRAGMA user_version` of a file this code can use."""

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
        with told_apart(path), closing(open_shared(path)) as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in {0, FORMAT}:
                raise StoreRefusedError(f"{path}: a known set of format {found}; this version reads format {FORMAT}.")
            if found == 0:
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
    except OSError as error:
        raise StoreRefusedError(
            f"{path}: the known set cannot be opened for writing ({type(error).__name__}). "
            "Check the folder's owner and permissions, or name another `file` under [known]."
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; writers begin with BEGIN IMMEDIATE, so that they wait instead of failing."""
    connection = open_shared(path)
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
