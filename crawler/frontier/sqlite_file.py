"""The database file behind the embedded frontier: opened, made when missing, and its errors put into words."""

import contextlib
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from crawler import sqlite_file
from crawler.contract.errors import ConfigError, UnavailableError
from crawler.sqlite_file import open_shared

_VERSION = 2


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the frontier's file, which only its owner can read, since it holds addresses in clear.

    What a transaction wrote survives the loss of power once it has returned (`synchronous=FULL`). The caller
    begins and ends transactions. Raises `ConfigError` when the file is of another kind or version.
    """
    try:
        with _explained(path):
            database = open_shared(path)
            try:
                _prepare(database, path)
            except BaseException:
                database.close()
                raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be opened ({type(error).__name__}). Check the state folder.") from None
    return database


@contextlib.contextmanager
def transaction(database: sqlite3.Connection, path: Path, *, writing: bool) -> Iterator[None]:
    """All or nothing. Raises `UnavailableError` when the file cannot be used now; then nothing has changed."""
    with _explained(path), sqlite_file.transaction(database, writing=writing):
        yield


def _prepare(database: sqlite3.Connection, path: Path) -> None:
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
