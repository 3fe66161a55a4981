"""Restating in SQLite: the evidence of entries first, then the standing of the hits that rest on it."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from matchers.contract.records import Restated

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# A change that is older in both ways than the one that was applied last comes too late; see `changes.stale`.
_NOT_STALE: Final = "AND NOT coalesce(restated_version > :version AND restated_at > :at, 0)"
_OF_ITS_ALGORITHM: Final = "AND (:algorithm IS NULL OR algorithm = :algorithm)"
# Two ways to say it, since one condition for both would keep SQLite from using the index whole.
_OF_THE_LIST: Final = f"list = :list {_OF_ITS_ALGORITHM} {_NOT_STALE}"
_OF_THE_ENTRY: Final = f"list = :list AND list_id = :list_id {_OF_ITS_ALGORITHM} {_NOT_STALE}"

_STATEMENTS: Final = (
    "INSERT INTO temp.touched SELECT DISTINCT hit FROM evidence WHERE CHOSEN ON CONFLICT DO NOTHING",
    # Only a flood is lifted or put on: what else holds it apart stays.
    """UPDATE evidence SET withdrawn = :withdrawn, restated_version = :version, restated_at = :at,
    held_apart = CASE WHEN held_apart IS NOT NULL AND held_apart <> 'flood' THEN held_apart
                      WHEN :flooding THEN 'flood' END
    WHERE CHOSEN""",
)
_WHOLE_LIST: Final = tuple(each.replace("CHOSEN", _OF_THE_LIST) for each in _STATEMENTS)
_ONE_ENTRY: Final = tuple(each.replace("CHOSEN", _OF_THE_ENTRY) for each in _STATEMENTS)

_RESTAND: Final = """
UPDATE hits SET
    standing = now.standing,
    reopened_at = CASE WHEN now.standing = 2 THEN coalesce(reopened_at, now.restated_at) END
FROM (
    SELECT touched.hit AS hit, max(restated_at) AS restated_at,
           min(CASE WHEN withdrawn IS NOT NULL THEN 2 WHEN held_apart IS NOT NULL THEN 1 ELSE 0 END) AS standing
    FROM touched JOIN evidence ON evidence.hit = touched.hit
    GROUP BY touched.hit
) AS now
WHERE hits.hit = now.hit AND hits.standing <> now.standing
"""
_RESTAND_STORED: Final = "WITH touched (hit) AS (SELECT value FROM json_each(?)) " + _RESTAND  # noqa: S608


def restate(connection: sqlite3.Connection, changes: Iterable[Restated]) -> int:
    """Take the changes in their order, inside the caller's transaction; how many hits stand otherwise now."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (hit TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM temp.touched")
    for change in changes:
        values = {
            "list": change.list,
            "list_id": change.list_id,
            "algorithm": change.algorithm,
            "withdrawn": change.withdrawn,
            "flooding": change.flooding,
            "version": change.version,
            "at": milliseconds(change.at),
        }
        for statement in _WHOLE_LIST if change.list_id is None else _ONE_ENTRY:
            connection.execute(statement, values)
    otherwise = connection.execute(_RESTAND).rowcount
    connection.execute("DELETE FROM temp.touched")
    return otherwise


def restand(connection: sqlite3.Connection, hits: Sequence[str]) -> None:
    """Bring the standing of these hits up to what their evidence says, inside the caller's transaction."""
    connection.execute(_RESTAND_STORED, (msgspec.json.encode(hits).decode(),))


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def time_of(since_1970: int) -> datetime:
    """The time so many milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=since_1970)
