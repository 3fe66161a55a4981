"""A staged file is judged against its list, then merged into the set, in one transaction.

The connection that all of this is given has the staged file attached as `staged` and is inside BEGIN IMMEDIATE, so
that what is judged is what is merged. Its temporary tables go when it closes.
"""

import re
import sqlite3
from typing import Final

from crawler.contract.struct import Record
from matchers.known import snapshot
from matchers.known.lists import KnownList
from matchers.known.report import ImportRefusedError, ImportReport
from matchers.known.schema import DISABLED, RETRACTED
from matchers.known.staging import Staged, left_out_text
from matchers.known.standing import restate_touched, set_standing, touched

_CATEGORIES_TOLD: Final = 20
_LIKE_A_HASH: Final = re.compile(r"[0-9A-Fa-f]{16,}")
_ABSENT: Final = "not named, but kept, since rows of this complete file could not be read"
_LEAVE: Final = "its category is mapped to leave_out"

_MEET: Final = """
INSERT INTO temp.met
    SELECT entries.entry, entries.standing & 2 != 0, coalesce(meaning = 'leave_out', 0),
        entries.category IS NOT came.category OR entries.source IS NOT came.source OR entries.dated IS NOT came.dated
    FROM staged.rows AS came
    CROSS JOIN main.entries INDEXED BY entries_by_id ON entries.list = :list AND entries.list_id = came.list_id
        AND entries.algorithm = came.algorithm AND entries.value = came.value
    LEFT JOIN main.categories ON categories.list = :list AND categories.category = coalesce(came.category, '')
"""
_TAKE_BACK: Final = """
INSERT OR IGNORE INTO temp.gone
    SELECT entries.entry FROM staged.tombstones AS taken
    CROSS JOIN main.entries INDEXED BY entries_by_id ON entries.list = :list AND entries.list_id = taken.list_id
    WHERE (taken.algorithm IS NULL OR taken.algorithm = entries.algorithm)
        AND (taken.value IS NULL OR taken.value = entries.value)
        AND standing & 2 = 0 AND entries.entry NOT IN (SELECT entry FROM temp.met WHERE NOT leave)
"""
_ABSENT_ONES: Final = (
    "FROM entries WHERE list = :list AND standing & 2 = 0 AND entry NOT IN (SELECT entry FROM temp.met)"
)
_ADD: Final = """
INSERT INTO main.entries (list, list_id, algorithm, value, category, source, dated, run)
    SELECT :list, list_id, algorithm, value, category, source, dated, :run FROM staged.rows AS came
    WHERE NOT EXISTS (
        SELECT 1 FROM main.categories WHERE list = :list AND category = coalesce(came.category, '')
        AND meaning = 'leave_out'
    )
"""
_UNLESS_THERE: Final = """
    AND NOT EXISTS (
        SELECT 1 FROM main.entries INDEXED BY entries_by_id WHERE entries.list = :list
        AND entries.list_id = came.list_id AND entries.algorithm = came.algorithm AND entries.value = came.value
    )
"""
_IN_ORDER: Final = " ORDER BY list_id, algorithm, came.value"
_BRING_UP_TO_DATE: Final = """
UPDATE main.entries SET category = came.category, source = came.source, dated = came.dated, run = :run
    FROM temp.met, staged.rows AS came
    WHERE met.differs AND NOT met.leave AND entries.entry = met.entry AND came.list_id = entries.list_id
        AND came.algorithm = entries.algorithm AND came.value = entries.value
"""


class Judged(Record, frozen=True, kw_only=True):
    """What merging a staged file would do."""

    held: int
    """Entries of the list so far, the withdrawn included."""
    active: int
    """Those of them that neither the list took back."""
    added: int
    changed: int
    back: int
    """Of the changed: those that had been taken back and are named again."""
    retracted: int
    already_there: int
    left_out: dict[str, int]


def judge(connection: sqlite3.Connection, staged: Staged, listed: KnownList) -> Judged:
    """What merging would do; notes in `temp.met` and `temp.gone` which entries it is about.

    Raises `ImportRefusedError` when rows have categories that the list's mapping does not name.
    """
    _check_categories(connection, listed)
    asked = {"list": listed.number}
    held = _one(connection, "SELECT coalesce(sum(entries), 0) FROM tallies WHERE list = :list", asked)
    withdrawn = _one(
        connection, "SELECT count(*) FROM entries WHERE list = :list AND standing != 0 AND standing & 2", asked
    )
    connection.execute(
        "CREATE TEMP TABLE met (entry INTEGER PRIMARY KEY, back INTEGER, leave INTEGER, differs INTEGER)"
    )
    connection.execute("CREATE TEMP TABLE gone (entry INTEGER PRIMARY KEY)")
    left_out = dict(staged.left_out)
    leave = _one(
        connection,
        "SELECT count(*) FROM staged.rows AS came JOIN main.categories"
        " ON categories.list = :list AND categories.category = coalesce(came.category, '')"
        " WHERE meaning = 'leave_out'",
        asked,
    )
    if leave:
        left_out[_LEAVE] = leave
    if held:
        connection.execute(_MEET, asked)
        connection.execute("INSERT INTO temp.gone SELECT entry FROM temp.met WHERE leave AND NOT back")
        connection.execute(_TAKE_BACK, asked)
        if staged.complete and staged.unreadable:
            absent = _one(connection, f"SELECT count(*) {_ABSENT_ONES}", asked)
            if absent:
                left_out[_ABSENT] = absent
        elif staged.complete:
            connection.execute(f"INSERT OR IGNORE INTO temp.gone SELECT entry {_ABSENT_ONES}", asked)
    met, changed, back = connection.execute(
        "SELECT count(*), coalesce(sum(differs OR back), 0), coalesce(sum(back), 0) FROM temp.met WHERE NOT leave"
    ).fetchone()
    wanted = _one(connection, "SELECT count(*) FROM staged.rows", asked) - leave
    return Judged(
        held=held,
        active=held - withdrawn,
        added=wanted - met,
        changed=changed,
        back=back,
        retracted=_one(connection, "SELECT count(*) FROM temp.gone", asked),
        already_there=max(0, staged.rows - leave - (wanted - met) - changed),
        left_out=left_out,
    )


def merge(
    connection: sqlite3.Connection, staged: Staged, listed: KnownList, judged: Judged, *, at: float
) -> ImportReport:
    """Carry out what `judge` found, in the same transaction."""
    before = snapshot.version_of(connection)
    last = _one(connection, "SELECT coalesce(max(entry), 0) FROM entries", {})
    changes = judged.added + judged.changed + judged.retracted
    version = before + 1 if changes else before
    run = _write_run(connection, staged, listed, judged, at=at, version=version)
    asked = {"list": listed.number, "run": run}
    if judged.added:
        connection.execute(_ADD + (_UNLESS_THERE if judged.held else "") + _IN_ORDER, asked)
        _tally(connection, last)
        _keep_disabled(connection, last, version)
        if judged.held > judged.active:
            _count_again(connection, last, at=at, version=version)
    if judged.changed - judged.back:
        connection.execute(_BRING_UP_TO_DATE, asked)
    if judged.back or judged.retracted:
        _restand(connection, at=at, version=version, judged=judged)
    if staged.complete:
        connection.execute("UPDATE lists SET whole_run = :run WHERE list = :list", asked)
    elif staged.list_version is not None and judged.held:
        connection.execute(
            "UPDATE entries SET run = :run WHERE run != :run AND entry IN (SELECT entry FROM temp.met WHERE NOT leave)",
            asked,
        )
    _quarantine(connection, staged, listed)
    if changes:
        snapshot.next_version(connection, at=at)
    return told(staged, judged, version=version)


def told(
    staged: Staged, judged: Judged, *, version: int, proposal: int | None = None, why: str | None = None
) -> ImportReport:
    """The report of it."""
    return ImportReport(
        list=staged.list,
        added=judged.added,
        changed=judged.changed,
        retracted=judged.retracted,
        already_there=judged.already_there,
        unreadable=staged.unreadable,
        left_out=judged.left_out,
        version=version,
        proposal=proposal,
        why=why,
    )


def _check_categories(connection: sqlite3.Connection, listed: KnownList) -> None:
    # A list without categories maps none, and needs none for rows that have none.
    unmapped = connection.execute(
        "SELECT coalesce(came.category, ''), count(*) FROM staged.rows AS came"
        " WHERE NOT EXISTS (SELECT 1 FROM main.categories WHERE list = ?1 AND category = coalesce(came.category, ''))"
        " AND (coalesce(came.category, '') != '' OR ?2) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?3",
        (listed.number, listed.registration.categories is not None, _CATEGORIES_TOLD + 1),
    ).fetchall()
    if not unmapped:
        return
    names = ", ".join(f"{_category_told(category)} ({count} rows)" for category, count in unmapped[:_CATEGORIES_TOLD])
    more = " and others" if len(unmapped) > _CATEGORIES_TOLD else ""
    raise ImportRefusedError(
        f"The categories of {listed.registration.name} are not all mapped, so nothing was imported: {names}{more}. "
        "Register the list again with a mapping file that says what each of them means; rows without a category go "
        'under "". There is no default, since the same category means something else in another country.'
    )


def _category_told(category: str) -> str:
    """Fit for an error's text: where columns were mixed up there may be a hash in it."""
    return _LIKE_A_HASH.sub("(hidden: it looks like a hash)", category) if category else "(none)"


def _write_run(
    connection: sqlite3.Connection, staged: Staged, listed: KnownList, judged: Judged, *, at: float, version: int
) -> int:
    return int(
        connection.execute(
            "INSERT INTO runs (list, file, by_name, at, list_version, list_dated, complete, added, changed, retracted,"
            " already_there, unreadable, left_out, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " RETURNING run",
            (
                listed.number,
                staged.file,
                staged.by.name,
                at,
                staged.list_version,
                None if staged.dated is None else staged.dated.timestamp(),
                staged.complete,
                judged.added,
                judged.changed,
                judged.retracted,
                judged.already_there,
                staged.unreadable,
                left_out_text(judged.left_out),
                version,
            ),
        ).fetchone()[0]
    )


def _tally(connection: sqlite3.Connection, last: int) -> None:
    connection.execute(
        "INSERT INTO tallies SELECT list, algorithm, count(*) FROM entries NOT INDEXED WHERE entry > ?"
        " GROUP BY list, algorithm ON CONFLICT DO UPDATE SET entries = entries + excluded.entries",
        (last,),
    )


def _keep_disabled(connection: sqlite3.Connection, last: int, version: int) -> None:
    """A hash that was disabled wherever it stands is disabled where it is new, too."""
    if connection.execute("SELECT 1 FROM disabled_hashes").fetchone():
        connection.execute(
            "UPDATE entries SET standing = standing | ?, withdrawn_at = ? WHERE entry > ?"
            " AND (algorithm, value) IN (SELECT algorithm, value FROM disabled_hashes)",
            (DISABLED, version, last),
        )


def _count_again(connection: sqlite3.Connection, last: int, *, at: float, version: int) -> None:
    """Log list ids of which all hashes had been withdrawn, and that count again by a new one.

    What rests on them is marked as withdrawn, and would stay so: evidence knows the list id, not the hash.
    """
    with touched(connection):
        connection.execute(
            "INSERT INTO temp.touched SELECT entry FROM entries AS new NOT INDEXED WHERE entry > :last"
            " AND withdrawn_at IS NULL AND 1 = ("
            "  SELECT min(withdrawn_at IS NOT NULL) FROM entries AS old INDEXED BY entries_by_id WHERE"
            "  old.list = new.list AND old.list_id = new.list_id AND old.algorithm = new.algorithm"
            "  AND old.entry <= :last)",
            {"last": last},
        )
        restate_touched(connection, at=at, version=version)


def _restand(connection: sqlite3.Connection, *, at: float, version: int, judged: Judged) -> None:
    connection.execute("CREATE TEMP TABLE touched (entry INTEGER PRIMARY KEY)")
    if judged.back:
        connection.execute("INSERT INTO temp.touched SELECT entry FROM temp.met WHERE back AND NOT leave")
        set_standing(connection, clear=RETRACTED, version=version)
        restate_touched(connection, at=at, version=version)
        connection.execute("DELETE FROM temp.touched")
    if judged.retracted:
        connection.execute("INSERT INTO temp.touched SELECT entry FROM temp.gone")
        set_standing(connection, put=RETRACTED, version=version)
        restate_touched(connection, at=at, version=version)
    connection.execute("DROP TABLE temp.touched")


def _quarantine(connection: sqlite3.Connection, staged: Staged, listed: KnownList) -> None:
    """What an earlier import of the same list and file left there is replaced."""
    connection.execute("DELETE FROM quarantine WHERE list = ? AND file = ?", (listed.number, staged.file))
    connection.execute(
        "INSERT INTO quarantine SELECT ?, ?, line, reason FROM staged.bad ORDER BY line", (listed.number, staged.file)
    )


def _one(connection: sqlite3.Connection, query: str, asked: dict[str, int]) -> int:
    return int(connection.execute(query, asked).fetchone()[0])
