"""The file of the embedded log: its tables, and how they are written by several processes at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crawler.contract.errors import ConfigError, UnavailableError
from crawler.sqlite_file import open_shared, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, part INTEGER NOT NULL,
    at REAL NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS messages_of_partition ON messages (topic, part, position);
CREATE TABLE IF NOT EXISTS members (
    topic INTEGER NOT NULL, team TEXT NOT NULL, member TEXT NOT NULL, alive_at REAL NOT NULL,
    PRIMARY KEY (topic, team, member)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
    topic INTEGER NOT NULL, team TEXT NOT NULL, part INTEGER NOT NULL,
    next INTEGER NOT NULL DEFAULT 0, member TEXT, token INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, team, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, of_position INTEGER UNIQUE,
    at REAL NOT NULL, reason TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
) STRICT;
"""
# A message's offset is its position in the whole file: offsets rise within a partition and have gaps.
# `claims.next` is the first offset a group has not committed; `token` rises whenever a claim changes hands.


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as the file has it: its number of partitions was set when it was first opened."""

    id: int
    name: str
    partitions: int


def connect(path: Path) -> sqlite3.Connection:
    """Open the log, created with mode 0600 where it is missing. Raises `UnavailableError`."""
    try:
        with translated():
            connection = open_shared(path)
    except OSError as error:
        raise UnavailableError(
            f"The transport's file {path} cannot be opened ({type(error).__name__}). "
            "Check that its folder exists, is writable, and is not full."
        ) from None
    with translated():
        present = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'dead_letters'").fetchone()[0]
        if not present:
            with writing(connection):
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
    return connection


def open_topic(connection: sqlite3.Connection, name: str, partitions: int) -> Topic:
    """The topic of that name, made with that many partitions if there is none."""
    with writing(connection):
        connection.execute("INSERT OR IGNORE INTO topics (name, partitions) VALUES (?, ?)", (name, partitions))
        found = connection.execute("SELECT id, partitions FROM topics WHERE name = ?", (name,)).fetchone()
    return Topic(id=found[0], name=name, partitions=found[1])


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: durable when the block has ended, without effect when it raised.

    It takes the write lock at once and waits for it: a deferred transaction that turns to writing fails at once when
    another process writes. Raises `UnavailableError`.
    """
    with translated(), transaction(connection):
        yield


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as ours: what passes, and what somebody must mend. SQLite's own words name no values."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise ConfigError(
                f"The transport's file is damaged or no transport ({error}). Move it away; what was in it and not "
                "matched yet must be crawled again."
            ) from None
        raise UnavailableError(
            f"The transport's file does not answer ({error}). Check that its disk is not full and is a local one."
        ) from None
