"""The known set's SQLite file: its tables, and how it is opened by any number of processes.

Hashes lie in it veiled (`matchers.veil`), numbered in the order they came. What is active is asked for by version
without an index over millions of rows: entries are numbered upwards, so that those added since a version are a range,
and only the few that were withdrawn or came back have an index.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from crawler.sqlite_file import open_shared
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.records import Algorithm

FORMAT: Final = 2
"""`PRAGMA user_version` of a file this code can use."""

CODES: Final[dict[Algorithm, int]] = {"md5": 0, "sha1": 1, "sha256": 2, "pdq": 3, "phash": 4, "dhash": 5}
"""How the file calls the algorithms."""
ALGORITHMS: Final[dict[int, Algorithm]] = {code: name for name, code in CODES.items()}

DISABLED: Final = 1
RETRACTED: Final = 2
FLOODING: Final = 4
"""Bits of `entries.standing`. With either of the first two the entry is withdrawn."""

_PATIENCE_MS: Final = 15 * 60 * 1000
"""How long people's writes wait for others': a list of 30 million takes minutes to merge."""
_LOG_BYTES: Final = 64 * 1024 * 1024
"""What the log ahead is cut back to once it was needed for a large import."""

_TABLES: Final = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE versions (
    version INTEGER PRIMARY KEY,
    last_entry INTEGER NOT NULL,
    at REAL NOT NULL,
    mark BLOB NOT NULL
) STRICT;
CREATE TABLE lists (
    list INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    registration TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('approved', 'disabled', 'retracted')),
    registered_by TEXT NOT NULL,
    registered_at REAL NOT NULL,
    approved_by TEXT NOT NULL,
    approved_at REAL NOT NULL,
    active_from INTEGER NOT NULL,
    withdrawn_at INTEGER,
    whole_run INTEGER
) STRICT;
CREATE TABLE categories (
    list INTEGER NOT NULL REFERENCES lists,
    category TEXT NOT NULL,
    meaning TEXT NOT NULL CHECK (meaning IN ('baseline', 'national', 'illegal', 'leave_out')),
    PRIMARY KEY (list, category)
) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    list INTEGER NOT NULL REFERENCES lists,
    file TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at REAL NOT NULL,
    list_version TEXT,
    list_dated REAL,
    complete INTEGER NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    retracted INTEGER NOT NULL,
    already_there INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    left_out TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
-- No foreign keys and no UNIQUE here: ten million rows would pay for them at every import. `verify` looks instead.
CREATE TABLE entries (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    list INTEGER NOT NULL,
    list_id TEXT NOT NULL,
    algorithm INTEGER NOT NULL CHECK (algorithm BETWEEN 0 AND 5),
    value BLOB NOT NULL CHECK (length(value) = CASE WHEN algorithm < 3 THEN 16 WHEN algorithm = 3 THEN 32 ELSE 8 END),
    category TEXT,
    source TEXT,
    dated REAL,
    run INTEGER NOT NULL,
    standing INTEGER NOT NULL DEFAULT 0,
    withdrawn_at INTEGER,
    reactivated INTEGER
) STRICT;
CREATE INDEX entries_by_id ON entries (list, list_id, algorithm);
CREATE INDEX entries_withdrawn ON entries (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX entries_reactivated ON entries (reactivated) WHERE reactivated IS NOT NULL;
CREATE INDEX entries_standing ON entries (list, standing) WHERE standing != 0;
CREATE TABLE tallies (
    list INTEGER NOT NULL,
    algorithm INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (list, algorithm)
) STRICT, WITHOUT ROWID;
CREATE TABLE disabled_hashes (
    algorithm INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (algorithm, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
    list INTEGER NOT NULL REFERENCES lists,
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX quarantine_by_file ON quarantine (list, file);
CREATE TABLE restatements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    list_id TEXT,
    algorithm INTEGER,
    withdrawn TEXT,
    flooding INTEGER NOT NULL,
    at REAL NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE proposals (
    proposal INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    action TEXT NOT NULL,
    why TEXT NOT NULL,
    counts TEXT NOT NULL,
    staging TEXT,
    by_name TEXT NOT NULL,
    by_account TEXT NOT NULL,
    at REAL NOT NULL,
    expires REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'carried_out', 'refused', 'expired')),
    decided_by TEXT,
    decided_at REAL,
    reason TEXT
) STRICT;
CREATE TABLE deeds (
    deed INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    by_name TEXT NOT NULL,
    by_account TEXT NOT NULL,
    what TEXT NOT NULL,
    list TEXT,
    proposal INTEGER,
    reason TEXT,
    counts TEXT NOT NULL
) STRICT;
CREATE TRIGGER deeds_stay BEFORE UPDATE ON deeds BEGIN SELECT raise(ABORT, 'deeds are append-only'); END;
CREATE TRIGGER deeds_are_kept BEFORE DELETE ON deeds BEGIN SELECT raise(ABORT, 'deeds are append-only'); END;
"""


def create(path: Path, fingerprint: bytes) -> None:
    """Make the file and its tables unless they are there. Only its owner may read it.

    `fingerprint` is the veil's: raises `StoreRefusedError` when the file was made with another key, or is of another
    format.
    """
    try:
        with told_apart(path), closing(open_shared(path)) as connection:
            if _format(connection) == 0:
                connection.execute("BEGIN IMMEDIATE")
                # Asked again: another process may have been first.
                if _format(connection) == 0:
                    for statement in _statements(_TABLES):
                        connection.execute(statement)
                    connection.execute("INSERT INTO meta VALUES ('veil', ?), ('mark', randomblob(16))", (fingerprint,))
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute("COMMIT")
            _check(connection, path, fingerprint)
    except OSError as error:
        raise StoreRefusedError(
            f"{path}: the known set cannot be opened for writing ({type(error).__name__}). "
            "Check the folder's owner and permissions, or name another `file` under [known]."
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; writers begin with BEGIN IMMEDIATE, so that they wait instead of failing."""
    connection = open_shared(path)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    return connection


def connect_patiently(path: Path) -> sqlite3.Connection:
    """One for people's writes: it waits for as long as the largest import may take."""
    connection = connect(path)
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    return connection


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into the port's: busy or out of reach is worth another try, all else is not."""
    try:
        yield
    except sqlite3.OperationalError as error:
        name = error.sqlite_errorname
        if name == "SQLITE_ERROR":
            raise  # a query of ours is wrong: nothing that an operator could mend
        if name in {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}:
            raise StoreUnavailableError(
                f"{path}: there is no room to write the known set ({name}). Nothing was changed: the set is as it was. "
                "Free space where it lies and where SQLite keeps temporary files (SQLITE_TMPDIR), then do it again."
            ) from None
        raise StoreUnavailableError(
            f"{path}: the known set does not answer ({name}). Check disk space and other processes."
        ) from None
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise StoreRefusedError(
            f"{path}: the known set cannot be used ({name}). If it is damaged, move it away and import again."
        ) from None


def _format(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _check(connection: sqlite3.Connection, path: Path, fingerprint: bytes) -> None:
    found = _format(connection)
    if found < FORMAT:
        raise StoreRefusedError(
            f"{path}: a known set of format {found}, which holds its hashes in plain; this version reads "
            f"format {FORMAT}, where they are veiled. Move the file away, destroy it, "
            "register its lists and import them again."
        )
    if found > FORMAT:
        raise StoreRefusedError(f"{path}: a known set of format {found}; this version reads format {FORMAT}.")
    (kept,) = connection.execute("SELECT value FROM meta WHERE key = 'veil'").fetchone()
    if kept != fingerprint:
        raise StoreRefusedError(
            f"{path}: the known set was made with another veil key, so nothing in it could be found. Name the key it "
            "was made with under keys.veil_key_file, or move the set away and import its lists again."
        )


def _statements(script: str) -> Iterator[str]:
    """`executescript` would commit what is open, so the script is run statement by statement."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
