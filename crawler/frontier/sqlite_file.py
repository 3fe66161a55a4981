"""The database file behind the embedded frontier: opened, made when missing, and its errors put into words."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from crawler.contract.errors import ConfigError, UnavailableError

BUSY_SECONDS = 30.0
"""How long a transaction waits for those of other processes."""

_VERSION = 1


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the frontier's file, which only its owner can read, since it holds addresses in clear.

    What a transaction wrote survives the loss of power once it has returned (`synchronous=FULL`). The caller
    begins and ends transactions. Raises `ConfigError` when the file is of another kind or version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its journal the mode of the database: made first, so that no moment exists in which others read.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be opened ({type(error).__name__}). Check the state folder.") from None
    with _explained(path):
        # The adapter serialises its threads itself.
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    return database


@contextlib.contextmanager
def transaction(database: sqlite3.Connection, path: Path, *, writing: bool) -> Iterator[None]:
    """All or nothing. Raises `UnavailableError` when the file cannot be used now; then nothing has changed."""
    with _explained(path):
        # A deferred transaction that turns to writing fails at once when another one wrote: it must wait at its start.
        database.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            # Turning to WAL does not wait for another process that opens the file at the same moment.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    database.execute("PRAGMA synchronous = FULL")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.executescript(resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8"))
    elif version != _VERSION:
        raise ConfigError(f"{path} was written by another version of this program: use that, or move the file away.")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise UnavailableError(
            f"{path} cannot be used now ({error.sqlite_errorname}). Is the disk full, or another process stuck?"
        ) from error
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of ours, not of the file
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{path} is damaged or no frontier ({error.sqlite_errorname}). Move it away.") from error
