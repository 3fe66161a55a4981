"""Messages into the embedded log, and out again when they are old."""

import sqlite3
from collections.abc import Iterable
from zlib import crc32

from crawler.transport.embedded.database import Topic


def append(connection: sqlite3.Connection, topic: Topic, messages: Iterable[tuple[bytes, bytes]], *, at: float) -> None:
    """Add (key, value) pairs in order, within the caller's transaction. Equal keys meet in one partition."""
    connection.executemany(
        "INSERT INTO messages (topic, part, at, key, value) VALUES (?, ?, ?, ?, ?)",
        ((topic.id, crc32(key) % topic.partitions, at, key, value) for key, value in messages),
    )


def bury(
    connection: sqlite3.Connection,
    topic: Topic,
    letters: Iterable[tuple[bytes, bytes, str]],
    *,
    at: float,
    of_position: int | None = None,
) -> None:
    """Put (key, value, reason) triples aside, within the caller's transaction; one position is put aside once."""
    connection.executemany(
        "INSERT OR IGNORE INTO dead_letters (topic, of_position, at, reason, key, value) VALUES (?, ?, ?, ?, ?, ?)",
        ((topic.id, of_position, at, reason, key, value) for key, value, reason in letters),
    )


def remove_old(connection: sqlite3.Connection, topic: Topic, *, before: float, limit: int) -> int:
    """Remove up to `limit` messages from before that time which every group has committed; returns how many.

    While there is no group nothing goes.
    """
    removed = 0
    for part in range(topic.partitions):
        removed += connection.execute(
            """DELETE FROM messages WHERE position IN (
                 SELECT position FROM messages
                 WHERE topic = :topic AND part = :part AND at < :before
                   AND position < (SELECT min(next) FROM claims WHERE topic = :topic AND part = :part)
                 ORDER BY position LIMIT :limit)""",
            {"topic": topic.id, "part": part, "before": before, "limit": limit - removed},
        ).rowcount
    return removed
