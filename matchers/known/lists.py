"""The registered lists: kept, found by name, and their categories."""

import sqlite3

import msgspec

from crawler.contract.struct import Record
from matchers.known.people import NotAllowedError, Person
from matchers.known.registration import ListState, Registration
from matchers.known.schema import RETRACTED


class KnownList(Record, frozen=True, kw_only=True):
    """A list that was registered and approved."""

    number: int
    registration: Registration
    state: ListState


def find(connection: sqlite3.Connection, name: str) -> KnownList | None:
    """The list of that name."""
    row = connection.execute("SELECT list, registration, state FROM lists WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    return KnownList(number=row[0], registration=msgspec.json.decode(row[1], type=Registration), state=row[2])


def registered(connection: sqlite3.Connection, name: str) -> KnownList:
    """The list of that name. Raises `NotAllowedError` when there is none, saying whether it waits for approval."""
    found = find(connection, name)
    if found is not None:
        return found
    waiting = connection.execute(
        "SELECT proposal FROM proposals WHERE list = ? AND state = 'waiting' ORDER BY proposal DESC LIMIT 1", (name,)
    ).fetchone()
    if waiting is None:
        raise NotAllowedError(f"There is no list {name}. Register it first: zoeklicht known register.")
    raise NotAllowedError(
        f"The list {name} waits for a second person. Let one approve it: zoeklicht known approve {waiting[0]}."
    )


def keep(
    connection: sqlite3.Connection, registration: Registration, *, by: Person, at: float, approved: Person, now: float
) -> KnownList:
    """Write an approved registration down, in the place of the one of that name if there is one."""
    connection.execute(
        "INSERT INTO lists (name, registration, state, registered_by, registered_at, approved_by, approved_at,"
        " active_from) VALUES (?, ?, 'approved', ?, ?, ?, ?, 0) ON CONFLICT (name) DO UPDATE SET"
        " registration = excluded.registration, registered_by = excluded.registered_by,"
        " registered_at = excluded.registered_at, approved_by = excluded.approved_by,"
        " approved_at = excluded.approved_at",
        (registration.name, encoded(registration), by.name, at, approved.name, now),
    )
    kept = registered(connection, registration.name)
    connection.execute("DELETE FROM categories WHERE list = ?", (kept.number,))
    connection.executemany(
        "INSERT INTO categories VALUES (?, ?, ?)",
        [(kept.number, category, sense) for category, sense in (registration.categories or {}).items()],
    )
    return kept


def touch_left_out(connection: sqlite3.Connection, list_number: int) -> int:
    """Put into `temp.touched` the entries whose category is left out (by now); returns how many."""
    return connection.execute(
        "INSERT INTO temp.touched SELECT entry FROM entries JOIN categories"
        " ON categories.list = entries.list AND categories.category = coalesce(entries.category, '')"
        " WHERE entries.list = ? AND meaning = 'leave_out' AND standing & ? = 0",
        (list_number, RETRACTED),
    ).rowcount


def encoded(registration: Registration) -> str:
    """As the file keeps it."""
    return msgspec.json.encode(registration).decode()


def check_open(listed: KnownList) -> None:
    """Raises `NotAllowedError` for a list that has ended."""
    if listed.state == "retracted":
        raise NotAllowedError(
            f"The list {listed.registration.name} was retracted. Register it again first: zoeklicht known register."
        )
