"""Withdrawing entries, letting them count again, and the log by which others learn of it.

All of this runs inside a transaction that the store opened, at a version that it makes in the end.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from matchers.contract.records import Restated, Withdrawn
from matchers.known.schema import ALGORITHMS, DISABLED, FLOODING, RETRACTED
from matchers.known.times import utc

_WITHDRAWN: Final = DISABLED | RETRACTED


@contextmanager
def touched(connection: sqlite3.Connection) -> Iterator[None]:
    """An empty table `temp.touched (entry)`, for as long as this is entered."""
    connection.execute("CREATE TEMP TABLE touched (entry INTEGER PRIMARY KEY)")
    try:
        yield
    finally:
        connection.execute("DROP TABLE temp.touched")


def set_standing(connection: sqlite3.Connection, *, put: int = 0, clear: int = 0, version: int) -> None:
    """Set and clear these bits of the entries in `temp.touched`, and note since when they are withdrawn or back."""
    connection.execute(
        "UPDATE entries SET standing = (standing & ~:clear) | :put,"
        " withdrawn_at = CASE WHEN ((standing & ~:clear) | :put) & :both = 0 THEN NULL"
        "  ELSE coalesce(withdrawn_at, :version) END,"
        " reactivated = CASE WHEN ((standing & ~:clear) | :put) & :both = 0 AND standing & :both != 0 THEN :version"
        "  ELSE reactivated END"
        " WHERE entry IN (SELECT entry FROM temp.touched)",
        {"clear": clear, "put": put, "both": _WITHDRAWN, "version": version},
    )


def restate_touched(connection: sqlite3.Connection, *, at: float, version: int) -> None:
    """Log how the entries in `temp.touched` stand now.

    Evidence knows list, list id and algorithm of what it rests on, not which hash; so an entry with several hashes of
    one algorithm is withdrawn when all of them are, and floods when all that count do.
    """
    connection.execute(
        "INSERT INTO restatements (list, list_id, algorithm, withdrawn, flooding, at, version)"
        " SELECT lists.name, entries.list_id, entries.algorithm,"
        "  CASE WHEN lists.state != 'approved' THEN lists.state"
        "   WHEN min(standing & :both) = 0 THEN NULL WHEN max(standing & :retracted) THEN 'retracted'"
        "   ELSE 'disabled' END,"
        "  coalesce(min(CASE WHEN standing & :both = 0 THEN standing & :flooding != 0 END), 0), :at, :version"
        " FROM (SELECT DISTINCT list, list_id, algorithm FROM temp.touched CROSS JOIN entries USING (entry)) AS named"
        " CROSS JOIN entries USING (list, list_id, algorithm) JOIN lists USING (list)"
        " GROUP BY entries.list, entries.list_id, entries.algorithm ORDER BY min(entries.entry)",
        {"both": _WITHDRAWN, "retracted": RETRACTED, "flooding": FLOODING, "at": at, "version": version},
    )


def restate_list(
    connection: sqlite3.Connection, list_number: int, withdrawn: Withdrawn | None, *, at: float, version: int
) -> None:
    """Log that a whole list stands otherwise; then, where it counts again, which of its entries do not."""
    connection.execute(
        "INSERT INTO restatements (list, withdrawn, flooding, at, version)"
        " SELECT name, ?, 0, ?, ? FROM lists WHERE list = ?",
        (withdrawn, at, version, list_number),
    )
    if withdrawn is None:
        with touched(connection):
            connection.execute(
                "INSERT INTO temp.touched SELECT entry FROM entries WHERE list = ? AND standing != 0", (list_number,)
            )
            restate_touched(connection, at=at, version=version)


def read_restatements(connection: sqlite3.Connection, after: int, limit: int) -> Sequence[tuple[int, Restated]]:
    """The log after that number, in its order."""
    rows = connection.execute(
        "SELECT number, list, list_id, algorithm, withdrawn, flooding, at, version FROM restatements"
        " WHERE number > ? ORDER BY number LIMIT ?",
        (after, limit),
    )
    return [
        (
            number,
            Restated(
                list=name,
                list_id=list_id,
                algorithm=None if algorithm is None else ALGORITHMS[algorithm],
                withdrawn=withdrawn,
                flooding=bool(flooding),
                at=utc(at),
                version=version,
            ),
        )
        for number, name, list_id, algorithm, withdrawn, flooding, at, version in rows
    ]
