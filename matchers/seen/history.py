"""Which history of the known set the versions in the seen store belong to.

Versions are numbers that start anew with a new known set, and go back with one that was restored from a backup: a block
that bears version 20 of another history would never be matched with what this one adds up to its version 20. So the
store notes, from time to time, a version of the known set and its mark (`KnownSnapshot.mark`), which no other history
has. What was noted last and still is a version of the known set is common to both; blocks beyond it are set back to it.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from crawler.sqlite_file import open_shared, transaction
from matchers.seen.schema import told_apart

NAME: Final = "history.sqlite"

_TABLE: Final = "CREATE TABLE IF NOT EXISTS anchors (version INTEGER PRIMARY KEY, mark TEXT NOT NULL) STRICT"

MarkOf = Callable[[int], str | None]
"""A version's mark in the known set as it is now; None where it has no such version."""


class History:
    """Shared by any number of processes on one machine. Raises the store's errors."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def note(self, version: int, mark_of: MarkOf, set_back: Callable[[int], int], *, anew: bool) -> int:
        """Note the known set's present `version`; where the history is another one, `set_back` blocks first.

        `set_back` takes the last common version. With `anew` it is called in any case: since the last note there may
        have been versions that nobody noted. Killed on the way, all is done again. Returns what `set_back` did.
        """
        with told_apart(self._path):
            connection = open_shared(self._path)
            try:
                connection.execute(_TABLE)
                newest = connection.execute(
                    "SELECT version, mark FROM anchors ORDER BY version DESC LIMIT 1"
                ).fetchone()
                mark = mark_of(version)
                if not anew and newest == (version, mark):
                    return 0
                with transaction(connection):
                    return _note(connection, version, mark_of, set_back, anew=anew)
            finally:
                connection.close()


def _note(
    connection: sqlite3.Connection, version: int, mark_of: MarkOf, set_back: Callable[[int], int], *, anew: bool
) -> int:
    anchors = connection.execute("SELECT version, mark FROM anchors ORDER BY version DESC").fetchall()
    moved = 0
    if anchors:  # else what there is was kept since the first process was started, a moment ago
        # Version 0 is common to all: nothing was matched with it.
        common = next((number for number, mark in anchors if mark_of(number) == mark), 0)
        if anew or anchors[0][0] != common:
            moved = set_back(common)
        connection.execute("DELETE FROM anchors WHERE version > ?", (common,))
    if (mark := mark_of(version)) is not None:
        connection.execute("INSERT OR REPLACE INTO anchors VALUES (?, ?)", (version, mark))
    return moved
