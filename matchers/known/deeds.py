"""What was done to the known set, by whom and when: append-only, without hashes."""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from matchers.known.people import Person
from matchers.known.report import Deed
from matchers.known.times import utc


def record(
    connection: sqlite3.Connection,
    what: str,
    *,
    by: Person,
    at: float,
    list_name: str | None = None,
    proposal: int | None = None,
    reason: str | None = None,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write it down, in the transaction that does it."""
    connection.execute(
        "INSERT INTO deeds (at, by_name, by_account, what, list, proposal, reason, counts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (at, by.name, by.account, what, list_name, proposal, reason, json.dumps(dict(counts or {}))),
    )


def read(connection: sqlite3.Connection, after: int) -> Iterator[Deed]:
    """All after that number, oldest first."""
    for number, at, name, account, what, list_name, proposal, reason, counts in connection.execute(
        "SELECT deed, at, by_name, by_account, what, list, proposal, reason, counts FROM deeds"
        " WHERE deed > ? ORDER BY deed",
        (after,),
    ):
        yield Deed(
            number=number,
            at=utc(at),
            by=name,
            account=account,
            what=what,
            list=list_name,
            proposal=proposal,
            reason=reason,
            counts=json.loads(counts),
        )
