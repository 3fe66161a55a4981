"""What people and matchers ask the known set: how entries stand, what each list holds, whether the file is sound."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import msgspec

from matchers.contract.records import Algorithm, Meaning, Provenance, Withdrawn
from matchers.known import snapshot
from matchers.known.registration import Registration
from matchers.known.report import Disagreement, ListCount, QuarantinedRow, Shown, Verified
from matchers.known.schema import ALGORITHMS, DISABLED, FLOODING, RETRACTED
from matchers.known.times import utc
from matchers.known.veiling import unveiled
from matchers.veil import Veil

_FAULTS_TOLD: Final = 10
_BATCH: Final = 10_000

_STANDING: Final = (
    "SELECT entries.entry, algorithm, name, list_id, entries.category, meaning, source, dated, standing, state,"
    " runs.list_version, runs.run, runs.file, runs.at, runs.by_name, value"
    " FROM entries JOIN lists USING (list)"
    # A complete file names all that is left; entries need not be rewritten for that.
    " JOIN runs ON runs.run = CASE WHEN standing & 2 THEN entries.run ELSE max(entries.run, coalesce(whole_run, 0)) END"
    " LEFT JOIN categories ON categories.list = entries.list AND categories.category = coalesce(entries.category, '')"
)
_Columns = tuple[Any, ...]
"""A row of `_STANDING`: SQLite's values have no static types."""


def entries(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, Provenance]:
    """How the entries with these numbers stand; a number that is not there is left out."""
    rows = connection.execute(
        f"{_STANDING} WHERE entries.entry IN (SELECT value FROM json_each(?))",  # noqa: S608 -- constants
        (json.dumps(sorted(set(numbers))),),
    )
    return {row[0]: _provenance(row) for row in rows}


def alike(connection: sqlite3.Connection, numbers: Iterable[int]) -> Mapping[int, int]:
    """For each of these entries the first of them that holds the same hash of the same algorithm."""
    rows = connection.execute(
        "SELECT entry, min(entry) OVER (PARTITION BY algorithm, value) FROM entries"
        " WHERE entry IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(set(numbers))),),
    )
    return dict(rows.fetchall())


def shown(
    connection: sqlite3.Connection, veil: Veil, list_name: str, list_id: str | None, *, with_hashes: bool
) -> Iterator[Shown]:
    """The entries of a list, or those of one list id, in the order they came."""
    rows = connection.execute(
        # Walks all entries in their order, rather than a list's by an index that would have to be sorted again.
        f"{_STANDING} WHERE +entries.list = (SELECT list FROM lists WHERE name = ?1) AND ?2 IS NULL"  # noqa: S608 -- constants
        " ORDER BY entries.entry"
        if list_id is None
        else f"{_STANDING} WHERE entries.list = (SELECT list FROM lists WHERE name = ?1) AND list_id = ?2"  # noqa: S608 -- constants
        " ORDER BY entries.entry",
        (list_name, list_id),
    )
    while some := rows.fetchmany(_BATCH):
        hashes = _unveiled(veil, some) if with_hashes else {}
        for row in some:
            yield _shown(row, hashes.get(row[0]))


def flooding(connection: sqlite3.Connection, list_name: str) -> Iterator[Shown]:
    """The entries of a list that flood, in the order they came."""
    rows = connection.execute(
        f"{_STANDING} WHERE entries.list = (SELECT list FROM lists WHERE name = ?) AND standing != 0"  # noqa: S608 -- constants
        " AND standing & ? ORDER BY entries.entry",
        (list_name, FLOODING),
    )
    for row in rows:
        yield _shown(row, None)


def disabled_hashes(connection: sqlite3.Connection) -> int:
    """How many hashes are switched off wherever they stand and will stand."""
    return int(connection.execute("SELECT count(*) FROM disabled_hashes").fetchone()[0])


def _shown(row: _Columns, value: str | None) -> Shown:
    return Shown(
        number=row[0],
        provenance=_provenance(row),
        run=row[11],
        file=row[12],
        imported_at=utc(row[13]),
        imported_by=row[14],
        hash=value,
    )


def _unveiled(veil: Veil, rows: Sequence[_Columns]) -> dict[int, str | None]:
    """The hashes by entry number."""
    found: dict[int, str | None] = {}
    for algorithm, name in ALGORITHMS.items():
        some = [row for row in rows if row[1] == algorithm]
        found |= dict(zip([row[0] for row in some], unveiled(veil, name, [row[15] for row in some]), strict=True))
    return found


def counts(connection: sqlite3.Connection) -> tuple[ListCount, ...]:
    """What each list holds, by name."""
    return tuple(
        _count(connection, *row)
        for row in connection.execute(
            "SELECT list, name, state, registration, registered_by, approved_by, approved_at FROM lists ORDER BY name"
        ).fetchall()
    )


def quarantined(connection: sqlite3.Connection, list_name: str | None) -> Iterator[QuarantinedRow]:
    """The rows that could not be read at each file's last import."""
    for name, file, line, reason in connection.execute(
        "SELECT name, file, line, reason FROM quarantine JOIN lists USING (list) WHERE ?1 IS NULL OR name = ?1"
        " ORDER BY quarantine.rowid",
        (list_name,),
    ):
        yield QuarantinedRow(list=name, file=file, line=line, reason=reason)


def disagreements(connection: sqlite3.Connection) -> Iterator[Disagreement]:
    """Active entries with one hash that do not mean the same. Sorts the whole set: minutes at ten millions."""
    rows = connection.execute(
        "SELECT algorithm, value, name, list_id, meaning FROM entries JOIN lists USING (list)"
        " JOIN categories ON categories.list = entries.list AND categories.category = coalesce(entries.category, '')"
        " WHERE entries.withdrawn_at IS NULL AND state = 'approved' ORDER BY algorithm, value, name, list_id"
    )
    for (algorithm, _), some in groupby(rows, key=itemgetter(0, 1)):
        told: list[tuple[str, str, Meaning]] = [(name, list_id, meaning) for _, _, name, list_id, meaning in some]
        if len({meaning for _, _, meaning in told}) > 1:
            yield Disagreement(algorithm=ALGORITHMS[algorithm], entries=tuple(told))


def verified(connection: sqlite3.Connection) -> Verified:
    """Look through the whole file. Takes minutes at ten millions; readers and writers go on meanwhile."""
    faults = [
        f"the file is damaged: {text}. Move it away and import its lists again"
        for (text,) in connection.execute(f"PRAGMA integrity_check({_FAULTS_TOLD})")
        if text != "ok"
    ]
    for told, query in _ORPHANS.items():
        (found,) = connection.execute(query).fetchone()
        if found:
            faults.append(f"{found} {told}. Import their lists again as complete files, or restore a backup")
    total, active = connection.execute(
        "SELECT count(*), coalesce(sum(entries.withdrawn_at IS NULL AND state = 'approved'), 0)"
        " FROM entries JOIN lists USING (list)"
    ).fetchone()
    return Verified(version=snapshot.version_of(connection), entries=total, active=active, faults=tuple(faults))


_ORPHANS: Final[Mapping[str, str]] = {
    "entries belong to no list": "SELECT count(*) FROM entries WHERE list NOT IN (SELECT list FROM lists)",
    "entries belong to no import": "SELECT count(*) FROM entries WHERE run NOT IN (SELECT run FROM runs)",
    "entries stand otherwise than they are marked": (
        "SELECT count(*) FROM entries WHERE (standing & 3 != 0) != (withdrawn_at IS NOT NULL)"
    ),
    "entries are there twice": (
        "SELECT count(*) FROM (SELECT 1 FROM entries GROUP BY list, list_id, algorithm, value HAVING count(*) > 1)"
    ),
    "lists hold another number of entries than was counted": (
        "WITH found AS (SELECT list, algorithm, count(*) FROM entries GROUP BY list, algorithm)"
        " SELECT count(*) FROM (SELECT * FROM (SELECT * FROM found EXCEPT SELECT * FROM tallies)"
        " UNION SELECT * FROM (SELECT * FROM tallies EXCEPT SELECT * FROM found))"
    ),
}


def _provenance(row: _Columns) -> Provenance:
    _, algorithm, name, list_id, category, sense, source, dated, standing, state, list_version = row[:11]
    withdrawn: Withdrawn | None = None
    if standing & RETRACTED or state == "retracted":
        withdrawn = "retracted"
    elif standing & DISABLED or state == "disabled":
        withdrawn = "disabled"
    return Provenance(
        algorithm=ALGORITHMS[algorithm],
        list=name,
        list_id=list_id,
        category=category,
        meaning=None if sense == "leave_out" else sense,
        source=source,
        dated=None if dated is None else utc(dated),
        list_version=list_version,
        withdrawn=withdrawn,
        flooding=bool(standing & FLOODING),
    )


def _count(connection: sqlite3.Connection, number: int, name: str, *columns: Any) -> ListCount:  # SQLite's values
    state, registration, registered_by, approved_by, approved_at = columns
    by_algorithm: dict[Algorithm, int] = {
        ALGORITHMS[code]: count
        for code, count in connection.execute("SELECT algorithm, entries FROM tallies WHERE list = ?", (number,))
    }
    disabled, retracted, flooding = connection.execute(
        "SELECT coalesce(sum(standing & ? != 0), 0), coalesce(sum(standing & ? != 0), 0),"
        " coalesce(sum(standing & ? != 0), 0) FROM entries WHERE list = ? AND standing != 0",
        (DISABLED, RETRACTED, FLOODING, number),
    ).fetchone()
    (waiting_rows,) = connection.execute("SELECT count(*) FROM quarantine WHERE list = ?", (number,)).fetchone()
    (last,) = connection.execute("SELECT max(at) FROM runs WHERE list = ?", (number,)).fetchone()
    version = connection.execute(
        "SELECT list_version FROM runs WHERE list = ? AND list_version IS NOT NULL ORDER BY run DESC LIMIT 1", (number,)
    ).fetchone()
    return ListCount(
        list=name,
        state=state,
        registration=msgspec.json.decode(registration, type=Registration),
        registered_by=registered_by,
        approved_by=approved_by,
        approved_at=utc(approved_at),
        entries=by_algorithm,
        disabled=disabled,
        retracted=retracted,
        flooding=flooding,
        quarantined=waiting_rows,
        last_import=None if last is None else utc(last),
        list_version=version[0] if version else None,
    )
