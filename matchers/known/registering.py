"""Lists are registered, and registered otherwise, inside a transaction that the store opened."""

import sqlite3

from matchers.known import deeds, lists, proposing, snapshot
from matchers.known.people import Person
from matchers.known.registration import Registration
from matchers.known.report import Changed
from matchers.known.schema import RETRACTED
from matchers.known.standing import restate_list, restate_touched, set_standing, touched


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
    return proposing.propose(connection, registration.name, proposing.Register(registration), by=by, at=at, why=why)


def carry_out(
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
        fetched_from=registration.fetched_from,
        expected_minimum=registration.expected_minimum,
    )
