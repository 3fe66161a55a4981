"""A day's SQLite file: its tables, and how it is opened by any number of processes."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crawler.sqlite_file import open_shared, transaction
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError

FORMAT: Final = 1
"""`PRAGMA user_version` of a file this code can use."""

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}

# Three tables, so that asking for what is behind, and moving it on, never touches a hash; and that hashes are read one
# after the other without what belongs to each picture besides, which is needed for the few that match.
_TABLES: Final = """
CREATE TABLE veil (
    fingerprint BLOB NOT NULL
) STRICT;
CREATE TABLE blocks (
    block INTEGER PRIMARY KEY AUTOINCREMENT,
    pictures INTEGER NOT NULL,
    views INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX blocks_by_version ON blocks (version);
CREATE TABLE hashes (
    block INTEGER PRIMARY KEY REFERENCES blocks,
    md5 BLOB NOT NULL,
    sha1 BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    decoded BLOB NOT NULL,
    phash BLOB NOT NULL,
    dhash BLOB NOT NULL,
    upright_counts BLOB NOT NULL,
    upright_kinds BLOB NOT NULL,
    turned_counts BLOB NOT NULL,
    turned_kinds BLOB NOT NULL,
    upright BLOB NOT NULL,
    turned BLOB NOT NULL
) STRICT;
CREATE TABLE pictures (
    block INTEGER PRIMARY KEY REFERENCES blocks,
    packed BLOB NOT NULL
) STRICT;
"""


def connect(path: Path, fingerprint: bytes) -> sqlite3.Connection:
    """A connection to the day's file, made if it is not there; only its owner may read it.

    Raises `StoreRefusedError` for a file of another format or veiled with another key, and what `told_apart` makes of
    SQLite's errors.
    """
    with told_apart(path):
        connection = open_shared(path)
        try:
            _prepare(connection, path, fingerprint)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """Turns SQLite's errors and the system's into the port's: busy, full or out of reach is worth another try."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreUnavailableError(
                f"{path}: there is no room to keep what was seen ({errno.errorcode[error.errno]}). Free space there."
            ) from None
        raise StoreRefusedError(
            f"{path}: what was seen cannot be kept here ({type(error).__name__}). "
            "Check the folder's owner and permissions, or name another `folder` under [seen]."
        ) from None
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(
            f"{path}: the store of what was seen does not answer ({error.sqlite_errorname}). "
            "Check disk space and other processes."
        ) from None
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise StoreRefusedError(
            f"{path}: what was seen that day cannot be read ({name}). If the file is damaged, move it away: "
            "the pictures in it will not be matched again."
        ) from None


def _prepare(connection: sqlite3.Connection, path: Path, fingerprint: bytes) -> None:
    if _format(connection) == 0:
        with transaction(connection):
            if _format(connection) == 0:  # else another process was faster
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute("INSERT INTO veil (fingerprint) VALUES (?)", (fingerprint,))
                connection.execute(f"PRAGMA user_version = {FORMAT}")
    if (found := _format(connection)) != FORMAT:
        raise StoreRefusedError(f"{path}: what was seen, in format {found}; this version reads format {FORMAT}.")
    if connection.execute("SELECT fingerprint FROM veil").fetchone()[0] != fingerprint:
        raise StoreRefusedError(
            f"{path}: what was seen that day is veiled with another key. Bring back the key that keys.veil_key_file "
            "held then, or move the file away: the pictures in it will not be matched again."
        )


def _format(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
