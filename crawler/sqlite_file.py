"""SQLite files that several processes on one machine share, opened in the one way that holds up.

What that takes was learned the hard way: writers that begin with a read fail at once instead of waiting; turning a new
file to WAL does not wait either; closing any descriptor of a file drops every lock this process has on it.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BUSY_SECONDS = 30.0
"""How long a transaction waits for those of other processes."""


def open_shared(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode to a file that only its owner can read, made when it is missing.

    What was committed survives the loss of power (WAL, `synchronous=FULL`). Threads may share the connection if the
    caller serialises them. Raises `OSError` when the file cannot be made, `sqlite3.Error` when it cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made first, since SQLite gives its journals the mode of the database; and only if it is new, see above.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _log_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, *, writing: bool = True) -> Iterator[sqlite3.Connection]:
    """All or nothing: durable when the block has ended, without effect when it raised.

    A writing one takes the lock at its start and waits for it there.
    """
    connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _log_ahead(connection: sqlite3.Connection) -> None:
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.02)
        else:
            return
