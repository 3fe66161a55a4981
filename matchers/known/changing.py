"""People's changes to the set, each inside a transaction that the store opened; each written down as a deed."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from matchers.contract.records import Algorithm
from matchers.known import deeds, lists, proposing, snapshot
from matchers.known.limits import Limits
from matchers.known.lists import KnownList
from matchers.known.people import NotAllowedError, Person, person_here
from matchers.known.registration import ListState, Registration
from matchers.known.report import Changed, NothingThereError
from matchers.known.schema import CODES, DISABLED, FLOODING, RETRACTED
from matchers.known.standing import restate_list, restate_touched, set_standing, touched

_MACHINE: Final = "flood watch"
_OF_ID: Final = "INSERT INTO temp.touched SELECT entry FROM entries WHERE list = ? AND list_id = ?"


def check_open(listed: KnownList) -> None:
    """Raises `NotAllowedError` for a list that has ended."""
    if listed.state == "retracted":
        raise NotAllowedError(
            f"The list {listed.registration.name} was retracted. Register it again first: zoeklicht known register."
        )


def propose(
    connection: sqlite3.Connection,
    list_name: str,
    action: proposing.Action,
    *,
    by: Person,
    at: float,
    why: str,
    counts: Mapping[str, int] | None = None,
    staging: str | None = None,
) -> int:
    """Keep it for a second person, and write down that it was proposed."""
    number = proposing.propose(connection, list_name, action, by=by, at=at, why=why, counts=counts, staging=staging)
    deeds.record(connection, "proposed", by=by, at=at, list_name=list_name, proposal=number, reason=why, counts=counts)
    return number


def register(connection: sqlite3.Connection, registration: Registration, *, by: Person, at: float) -> int | None:
    """Propose it; but for a change of the contact alone, which is carried out."""
    listed = lists.find(connection, registration.name)
    if listed is None:
        why = "a new list"
    elif listed.state != "retracted" and _but_contact(listed.registration) == _but_contact(registration):
        connection.execute(
            "UPDATE lists SET registration = ? WHERE list = ?",
            (lists.encoded(registration), listed.number),
        )
        deeds.record(connection, "contact changed", by=by, at=at, list_name=registration.name)
        return None
    else:
        why = "what the list is, or what its rows mean, changes"
    return propose(connection, registration.name, proposing.Register(registration), by=by, at=at, why=why)


def carry_out_registration(
    connection: sqlite3.Connection, registration: Registration, waiting: proposing.Waiting, *, by: Person, at: float
) -> Changed:
    """The list is approved. Entries whose category is left out from now on are taken back."""
    before = lists.find(connection, registration.name)
    kept = lists.keep(connection, registration, by=waiting.by, at=waiting.at, approved=by, now=at)
    version = snapshot.version_of(connection)
    gone = 0
    if before is not None:
        version += 1
        with touched(connection):
            gone = lists.touch_left_out(connection, kept.number)
            set_standing(connection, put=RETRACTED, version=version)
            restate_touched(connection, at=at, version=version)
        if before.state == "retracted":
            connection.execute(
                "UPDATE lists SET state = 'approved', active_from = ?, withdrawn_at = NULL WHERE list = ?",
                (version, kept.number),
            )
            restate_list(connection, kept.number, None, at=at, version=version)
        snapshot.next_version(connection, at=at)
    deeds.record(
        connection,
        "registered",
        by=by,
        at=at,
        list_name=registration.name,
        proposal=waiting.number,
        counts={"retracted": gone},
    )
    return Changed(entries=gone, version=version)


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
    check_open(listed)
    count = _count(connection, listed, list_ids)
    if list_ids is not None and count <= limits.bulk_retraction:
        return carry_out_retraction(connection, list_name, list_ids, by=by, at=at, reason=reason, proposal=None)
    why = (
        "it ends the whole list"
        if list_ids is None
        else f"it takes {count} entries back, more than {limits.bulk_retraction}"
    )
    action = proposing.Retract(list_name, None if list_ids is None else tuple(list_ids), reason)
    number = propose(connection, list_name, action, by=by, at=at, why=why, counts={"retracted": count})
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
    check_open(listed)
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
        reason=reason,
        counts={"retracted": count},
    )
    return Changed(entries=count, version=version)


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
    check_open(listed)
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


def _but_contact(registration: Registration) -> Registration:
    return Registration(
        name=registration.name,
        source=registration.source,
        regime=registration.regime,
        contact="-",
        kind=registration.kind,
        signing_key=registration.signing_key,
        prepared=registration.prepared,
        categories=registration.categories,
        expected_minimum=registration.expected_minimum,
    )
