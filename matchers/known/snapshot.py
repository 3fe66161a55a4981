"""One version of the known set, held for reading: what is active, and what became so or ceased to be."""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from matchers.contract.records import Algorithm
from matchers.known.schema import CODES

_BATCH: Final = 50_000

_ACTIVE: Final = "withdrawn_at IS NULL AND +list NOT IN (SELECT list FROM lists WHERE state != 'approved')"
"""Written so that SQLite walks the entries in their order instead of taking an index and sorting."""
_BACK: Final = (
    "entry IN (SELECT entry FROM entries WHERE reactivated > :since AND entry <= :last"
    " UNION SELECT entry FROM entries WHERE list IN (SELECT list FROM lists WHERE active_from > :since)"
    " AND entry <= :last)"
)


class KnownSnapshot:
    """One version of the set, as it stays while this is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.version = version_of(connection)

    def values(self, algorithm: Algorithm, list_name: str | None = None) -> Iterator[tuple[Sequence[int], bytes]]:
        """Entry numbers, ascending, and the veiled hashes end to end, in blocks of bounded size, of all that is active.

        Of every list, or of one. Entries that flood are active. A digest is 16 bytes (a keyed digest), PDQ 32, pHash
        and dHash 8.
        """
        if self._has(algorithm):
            only = "" if list_name is None else "+list = (SELECT list FROM lists WHERE name = :list) AND "
            yield from _blocks(
                self._connection.execute(
                    f"SELECT entry, value FROM entries WHERE algorithm = :algorithm AND {only}{_ACTIVE} ORDER BY entry",  # noqa: S608 -- constants
                    {"algorithm": CODES[algorithm], "list": list_name},
                )
            )

    def changes(self, since: int, algorithm: Algorithm) -> Iterator[tuple[Sequence[int], bytes]]:
        """As `values`, only what became active after version `since`: new, or back after having been withdrawn."""
        if self._has(algorithm):
            asked = {"algorithm": CODES[algorithm], "since": since, "last": last_entry(self._connection, since)}
            back = self._connection.execute(
                f"SELECT entry, value FROM entries WHERE {_BACK} AND +algorithm = :algorithm AND {_ACTIVE} "  # noqa: S608 -- constants
                "ORDER BY entry",
                asked,
            )
            new = self._connection.execute(
                f"SELECT entry, value FROM entries WHERE entry > :last AND +algorithm = :algorithm AND {_ACTIVE} "  # noqa: S608 -- constants
                "ORDER BY entry",
                asked,
            )
            yield from chain(_blocks(back), _blocks(new))

    def removed(self, since: int) -> Sequence[int]:
        """The numbers, ascending, of entries that were withdrawn after version `since` and still are."""
        found = array("q")
        rows = self._connection.execute(
            "SELECT entry FROM entries INDEXED BY entries_withdrawn WHERE withdrawn_at > :since"
            " UNION SELECT entry FROM entries WHERE list IN (SELECT list FROM lists WHERE withdrawn_at > :since)"
            " ORDER BY entry",
            {"since": since},
        )
        while some := rows.fetchmany(_BATCH):
            found.extend(number for (number,) in some)
        return found

    def changed_since(self, since: int) -> int:
        """How many rows `changes` of every algorithm and `removed` make together."""
        if since >= self.version:
            return 0
        asked = {"since": since, "last": last_entry(self._connection, since)}
        (active,) = self._connection.execute(
            f"SELECT (SELECT count(*) FROM entries WHERE entry > :last AND {_ACTIVE})"  # noqa: S608 -- constants
            f" + (SELECT count(*) FROM entries WHERE {_BACK} AND {_ACTIVE})",
            asked,
        ).fetchone()
        (gone,) = self._connection.execute(
            "SELECT (SELECT count(*) FROM entries WHERE withdrawn_at > :since"
            "  AND list NOT IN (SELECT list FROM lists WHERE withdrawn_at > :since))"
            " + (SELECT coalesce(sum(entries), 0) FROM tallies"
            "    WHERE list IN (SELECT list FROM lists WHERE withdrawn_at > :since))",
            asked,
        ).fetchone()
        return int(active) + int(gone)

    def mark(self, version: int) -> str | None:
        """Tells this set's history up to that version from any other's, as after a backup was put back.

        None where it has no such version.
        """
        return mark_of(self._connection, version)

    def _has(self, algorithm: Algorithm) -> bool:
        """Whether there is any such entry; spares a walk through millions of others."""
        return bool(
            self._connection.execute("SELECT 1 FROM tallies WHERE algorithm = ?", (CODES[algorithm],)).fetchone()
        )


def version_of(connection: sqlite3.Connection) -> int:
    """0 for a set that never held anything."""
    found: int = connection.execute("SELECT coalesce(max(version), 0) FROM versions").fetchone()[0]
    return found


def mark_of(connection: sqlite3.Connection, version: int) -> str | None:
    """See `KnownSnapshot.mark`."""
    if version == 0:
        found = connection.execute("SELECT hex(value) FROM meta WHERE key = 'mark'").fetchone()
    else:
        found = connection.execute("SELECT hex(mark) FROM versions WHERE version = ?", (version,)).fetchone()
    return str(found[0]) if found else None


def last_entry(connection: sqlite3.Connection, version: int) -> int:
    """The highest number that had been given at that version."""
    found = connection.execute(
        "SELECT last_entry FROM versions WHERE version <= ? ORDER BY version DESC LIMIT 1", (version,)
    ).fetchone()
    return int(found[0]) if found else 0


def next_version(connection: sqlite3.Connection, *, at: float) -> int:
    """Make the version that what this transaction did belongs to; called once, after entries were added."""
    made: int = connection.execute(
        "INSERT INTO versions (version, last_entry, at, mark)"
        " SELECT coalesce(max(version), 0) + 1, (SELECT coalesce(max(entry), 0) FROM entries), ?, randomblob(16)"
        " FROM versions"
        " RETURNING version",
        (at,),
    ).fetchone()[0]
    return made


def _blocks(rows: sqlite3.Cursor) -> Iterator[tuple[Sequence[int], bytes]]:
    while some := rows.fetchmany(_BATCH):
        yield [row[0] for row in some], b"".join([row[1] for row in some])
