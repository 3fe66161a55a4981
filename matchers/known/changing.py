"""People's changes to the set, each inside a transaction that the store opened; each written down as a deed."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from matchers.contract.records import Algorithm
from matchers.known import deeds, lists, proposing, snapshot
from matchers.known.limits import Limits
from matchers.known.lists import KnownList
from matchers.known.people import Person, person_here
from matchers.known.registration import ListState
from matchers.known.report import Changed, NothingThereError
from matchers.known.schema import CODES, DISABLED, FLOODING, RETRACTED
from matchers.known.standing import restate_list, restate_touched, set_standing, touched

_MACHINE: Final = "flood watch"
_OF_ID: Final = "INSERT INTO temp.touched SELECT entry FROM entries WHERE list = ? AND list_id = ?"


def retract(
    connection: sqlite3.Connection,
    list_name: str,
    list_ids: Sequence[str] | None,
    limits: Limits,
    *,
    by: Person,
    at: float,
    reason: str,
) -> Changed:
    """Carry it out, or propose it where it is a bulk."""
    listed = lists.registered(connection, list_name)
    lists.check_open(listed)
    count = _count(connection, listed, list_ids)
    if list_ids is not None and count <= limits.bulk_retraction:
        return carry_out_retraction(connection, list_name, list_ids, by=by, at=at, reason=reason, proposal=None)
    why = (
        "it ends the whole list"
        if list_ids is None
        else f"it takes {count} entries back, more than {limits.bulk_retraction}"
    )
    action = proposing.Retract(list_name, None if list_ids is None else tuple(list_ids), reason)
    number = proposing.propose(connection, list_name, action, by=by, at=at, why=why, counts={"retracted": count})
    return Changed(entries=count, version=snapshot.version_of(connection), proposal=number, why=why)


def carry_out_retraction(
    connection: sqlite3.Connection,
    list_name: str,
    list_ids: Sequence[str] | None,
    *,
    by: Person,
    at: float,
    reason: str,
    proposal: int | None,
) -> Changed:
    """Take them back."""
    listed = lists.registered(connection, list_name)
    lists.check_open(listed)
    version = snapshot.version_of(connection) + 1
    if list_ids is None:
        count = _count(connection, listed, None)
        _set_state(connection, listed, "retracted", at=at, version=version)
    else:
        with touched(connection):
            count = connection.execute(
                "INSERT OR IGNORE INTO temp.touched SELECT entry FROM json_each(?) AS named CROSS JOIN entries"
                " ON list = ? AND list_id = named.value WHERE standing & ? = 0",
                (json.dumps(list(list_ids)), listed.number, RETRACTED),
            ).rowcount
            if not count:
                raise NothingThereError(f"The list {list_name} holds none of these entries (any more).")
            set_standing(connection, put=RETRACTED, version=version)
            restate_touched(connection, at=at, version=version)
    snapshot.next_version(connection, at=at)
    deeds.record(
        connection,
        "retracted",
        by=by,
        at=at,
        list_name=list_name,
        proposal=proposal,
        # A bulk's entries stand in its proposal.
        reason=_with_id(reason, None if list_ids is None or proposal is not None else ", ".join(list_ids)),
        counts={"retracted": count},
    )
    return Changed(entries=count, version=version)


def limits_noted(connection: sqlite3.Connection) -> Limits:
    """The limits under which the set was changed last; the usual ones for a set that never was."""
    before = connection.execute("SELECT value FROM meta WHERE key = 'limits'").fetchone()
    return msgspec.json.decode(before[0], type=Limits) if before else Limits()


def note_limits(connection: sqlite3.Connection, limits: Limits, *, by: Person, at: float) -> None:
    """Write down that they are other ones than those noted."""
    told = msgspec.json.encode(limits)
    if limits_noted(connection) == limits:
        return
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('limits', ?)", (told,))
    deeds.record(connection, "limits changed", by=by, at=at, reason=told.decode())


def switch(
    connection: sqlite3.Connection,
    list_name: str,
    list_id: str | None,
    *,
    off: bool,
    by: Person,
    at: float,
    reason: str,
) -> Changed:
    """Disable or enable an entry or a list. Doing it twice changes nothing the second time."""
    listed = lists.registered(connection, list_name)
    lists.check_open(listed)
    version = snapshot.version_of(connection)
    if list_id is None:
        state: ListState = "disabled" if off else "approved"
        count = 0
        if listed.state != state:
            version += 1
            count = _count(connection, listed, None)
            _set_state(connection, listed, state, at=at, version=version)
            snapshot.next_version(connection, at=at)
    else:
        with touched(connection):
            _touch_id(connection, listed, list_id)
            count = _keep_touched(connection, DISABLED, is_set=not off)
            version = _restand(connection, DISABLED, put=off, count=count, at=at)
    deeds.record(
        connection,
        "disabled" if off else "enabled",
        by=by,
        at=at,
        list_name=list_name,
        reason=_with_id(reason, list_id),
        counts={"entries": count},
    )
    return Changed(entries=count, version=version)


def switch_hash(
    connection: sqlite3.Connection, algorithm: Algorithm, value: bytes, *, off: bool, by: Person, at: float, reason: str
) -> Changed:
    """Disable or enable a veiled hash wherever it stands and will stand."""
    if off:
        connection.execute("INSERT OR IGNORE INTO disabled_hashes VALUES (?, ?)", (CODES[algorithm], value))
    else:
        connection.execute("DELETE FROM disabled_hashes WHERE algorithm = ? AND value = ?", (CODES[algorithm], value))
    with touched(connection):
        connection.execute(
            "INSERT INTO temp.touched SELECT entry FROM entries WHERE algorithm = ? AND value = ?",
            (CODES[algorithm], value),
        )
        count = _keep_touched(connection, DISABLED, is_set=not off)
        version = _restand(connection, DISABLED, put=off, count=count, at=at)
    deeds.record(
        connection,
        "hash disabled" if off else "hash enabled",
        by=by,
        at=at,
        reason=reason,
        counts={"entries": count},
    )
    return Changed(entries=count, version=version)


def mark_flooding(connection: sqlite3.Connection, numbers: Iterable[int], *, at: float) -> int:
    """Hold their matches apart."""
    with touched(connection):
        connection.execute(
            "INSERT INTO temp.touched SELECT entry FROM entries WHERE entry IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set(numbers))),),
        )
        count = _keep_touched(connection, FLOODING, is_set=False)
        version = _restand(connection, FLOODING, put=True, count=count, at=at)
    if count:
        deeds.record(connection, "held apart as flooding", by=person_here(_MACHINE), at=at, counts={"entries": count})
    return version


def release(
    connection: sqlite3.Connection, list_name: str, list_id: str, *, by: Person, at: float, reason: str
) -> Changed:
    """Its matches count again."""
    listed = lists.registered(connection, list_name)
    with touched(connection):
        _touch_id(connection, listed, list_id)
        count = _keep_touched(connection, FLOODING, is_set=True)
        version = _restand(connection, FLOODING, put=False, count=count, at=at)
    deeds.record(
        connection,
        "released",
        by=by,
        at=at,
        list_name=list_name,
        reason=_with_id(reason, list_id),
        counts={"entries": count},
    )
    return Changed(entries=count, version=version)


def _set_state(connection: sqlite3.Connection, listed: KnownList, state: ListState, *, at: float, version: int) -> None:
    if state == "approved":
        connection.execute(
            "UPDATE lists SET state = ?, active_from = ?, withdrawn_at = NULL WHERE list = ?",
            (state, version, listed.number),
        )
        restate_list(connection, listed.number, None, at=at, version=version)
    else:
        connection.execute(
            "UPDATE lists SET state = ?, withdrawn_at = coalesce(withdrawn_at, ?) WHERE list = ?",
            (state, version, listed.number),
        )
        restate_list(connection, listed.number, state, at=at, version=version)


def _touch_id(connection: sqlite3.Connection, listed: KnownList, list_id: str) -> None:
    if not connection.execute(_OF_ID, (listed.number, list_id)).rowcount:
        raise NothingThereError(f"The list {listed.registration.name} has no entry {list_id}.")


def _keep_touched(connection: sqlite3.Connection, bit: int, *, is_set: bool) -> int:
    """Of the touched entries keep those that bear the bit, or do not; how many are left."""
    connection.execute(
        "DELETE FROM temp.touched WHERE entry NOT IN"
        " (SELECT entry FROM temp.touched CROSS JOIN entries USING (entry) WHERE (standing & ? != 0) = ?)",
        (bit, is_set),
    )
    return int(connection.execute("SELECT count(*) FROM temp.touched").fetchone()[0])


def _restand(connection: sqlite3.Connection, bit: int, *, put: bool, count: int, at: float) -> int:
    """Set or clear the bit of the touched entries; the version after it."""
    version = snapshot.version_of(connection)
    if not count:
        return version
    version += 1
    set_standing(connection, put=bit if put else 0, clear=0 if put else bit, version=version)
    restate_touched(connection, at=at, version=version)
    return snapshot.next_version(connection, at=at)


def _count(connection: sqlite3.Connection, listed: KnownList, list_ids: Sequence[str] | None) -> int:
    """How many entries, not taken back so far, it is about."""
    if list_ids is None:
        return int(
            connection.execute(
                "SELECT (SELECT coalesce(sum(entries), 0) FROM tallies WHERE list = ?1)"
                " - (SELECT count(*) FROM entries WHERE list = ?1 AND standing != 0 AND standing & 2)",
                (listed.number,),
            ).fetchone()[0]
        )
    return int(
        connection.execute(
            "SELECT count(*) FROM (SELECT DISTINCT value AS list_id FROM json_each(?)) AS named"
            " CROSS JOIN entries USING (list_id) WHERE list = ? AND standing & 2 = 0",
            (json.dumps(list(list_ids)), listed.number),
        ).fetchone()[0]
    )


def _with_id(reason: str, list_id: str | None) -> str:
    return reason if list_id is None else f"{list_id}: {reason}"
