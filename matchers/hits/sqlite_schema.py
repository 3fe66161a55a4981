"""The embedded hit store's tables, and how a file of the format before is brought up to them."""

import sqlite3
from typing import Final

from matchers.contract.records import HitStanding

FORMAT: Final = 3
_BEFORE: Final = 2

STANDINGS: Final[tuple[HitStanding, ...]] = ("open", "apart", "withdrawn")
"""Kept as their place in here: a hit's is the least of what its evidence says."""

TABLES: Final = """
CREATE TABLE hits (
    hit TEXT PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    reopened_at INTEGER,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hits_by_first_seen ON hits (first_seen, hit);
CREATE INDEX hits_by_standing ON hits (standing, first_seen, hit);
CREATE TABLE evidence (
    evidence TEXT PRIMARY KEY,
    hit TEXT NOT NULL REFERENCES hits,
    list TEXT NOT NULL,
    list_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    held_apart TEXT,
    withdrawn TEXT,
    restated_version INTEGER,
    restated_at INTEGER,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_by_hit ON evidence (hit);
CREATE INDEX evidence_by_entry ON evidence (list, list_id, algorithm);
CREATE TABLE sightings (
    sighting TEXT PRIMARY KEY,
    hit TEXT NOT NULL REFERENCES hits,
    at INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_hit ON sightings (hit, at);
CREATE TABLE coverage (
    figure TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_by_day ON coverage (day, figure);
"""
"""Of evidence the columns tell how it stands; its record tells how it stood when it was stored."""

_ASIDE: Final = ("hits", "evidence", "sightings", "coverage")

_TAKEN_OVER: Final = (
    "INSERT INTO hits SELECT hit, first_seen, 0, NULL, record FROM hits_before",
    # As text: SQLite would take a BLOB for JSON of its own binary kind.
    """INSERT INTO evidence SELECT evidence, hit, json_extract(CAST(record AS TEXT), '$.match.list'),
    json_extract(CAST(record AS TEXT), '$.match.list_id'), json_extract(CAST(record AS TEXT), '$.match.algorithm'),
    NULL, NULL, NULL, NULL, record FROM evidence_before""",
    "INSERT INTO sightings SELECT * FROM sightings_before",
    "INSERT INTO coverage SELECT * FROM coverage_before",
    # In an order in which nothing refers to what is gone.
    "DROP TABLE evidence_before",
    "DROP TABLE sightings_before",
    "DROP TABLE coverage_before",
    "DROP TABLE hits_before",
)

_INDEXES_BEFORE: Final = ("hits_by_first_seen", "evidence_by_hit", "sightings_by_hit", "coverage_by_day")


def bring_up(connection: sqlite3.Connection) -> int:
    """Make the tables, or take over those of the format before; inside the caller's transaction.

    Returns the file's format: other than `FORMAT` it was left as it is, and cannot be used.
    """
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found not in {0, _BEFORE}:
        return found
    if found == _BEFORE:
        for name in _INDEXES_BEFORE:
            connection.execute(f"DROP INDEX {name}")
        for name in _ASIDE:
            connection.execute(f"ALTER TABLE {name} RENAME TO {name}_before")
    for statement in TABLES.split(";"):
        connection.execute(statement)
    if found == _BEFORE:
        for statement in _TAKEN_OVER:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    return FORMAT
