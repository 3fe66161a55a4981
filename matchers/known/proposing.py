"""What takes two people: kept until the second one decides, or until it is too old."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from matchers.known import deeds
from matchers.known.limits import PROPOSAL_DAYS
from matchers.known.people import NotAllowedError, Person
from matchers.known.registration import Registration
from matchers.known.report import Proposal
from matchers.known.staging import Staged
from matchers.known.times import utc

_DAY = 86_400.0


class Register(msgspec.Struct, frozen=True, tag="register"):
    """Register a list, or register it otherwise."""

    registration: Registration


class Merge(msgspec.Struct, frozen=True, tag="import"):
    """Merge what is staged."""

    staged: Staged


class Retract(msgspec.Struct, frozen=True, tag="retract"):
    """Retract entries of a list, or, with None, the list."""

    list: str
    list_ids: tuple[str, ...] | None
    reason: str


Action = Register | Merge | Retract
_CALLED: Final[dict[type[Action], Literal["register", "import", "retract"]]] = {
    Register: "register",
    Merge: "import",
    Retract: "retract",
}


class Waiting(msgspec.Struct, frozen=True):
    """A proposal that may be decided."""

    number: int
    list: str
    action: Action
    staging: str | None
    by: Person
    at: float
    counts: dict[str, int]


def propose(
    connection: sqlite3.Connection,
    list_name: str,
    action: Action,
    *,
    by: Person,
    at: float,
    why: str,
    counts: Mapping[str, int] | None = None,
    staging: str | None = None,
) -> int:
    """Keep it until somebody else decides, and write down that it was proposed; returns its number."""
    number: int = connection.execute(
        "INSERT INTO proposals (list, action, why, counts, staging, by_name, by_account, at, expires, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting') RETURNING proposal",
        (
            list_name,
            msgspec.json.encode(action).decode(),
            why,
            json.dumps(dict(counts or {})),
            staging,
            by.name,
            by.account,
            at,
            at + PROPOSAL_DAYS * _DAY,
        ),
    ).fetchone()[0]
    deeds.record(connection, "proposed", by=by, at=at, list_name=list_name, proposal=number, reason=why, counts=counts)
    return number


def waiting(connection: sqlite3.Connection, number: int) -> Waiting:
    """The proposal. Raises `NotAllowedError` when there is none of that number that can (still) be decided."""
    row = connection.execute(
        "SELECT list, action, staging, by_name, by_account, at, state, decided_by, counts FROM proposals"
        " WHERE proposal = ?",
        (number,),
    ).fetchone()
    if row is None:
        raise NotAllowedError(f"There is no proposal {number}. See: zoeklicht known status")
    list_name, action, staging, name, account, at, state, decided_by, counts = row
    if state == "expired":
        raise NotAllowedError(f"Proposal {number} is older than {PROPOSAL_DAYS} days and has lapsed. Make it again.")
    if state != "waiting":
        raise NotAllowedError(f"Proposal {number} was decided by {decided_by} already.")
    return Waiting(
        number=number,
        list=list_name,
        action=msgspec.json.decode(action, type=Action),
        staging=staging,
        by=Person(name=name, account=account),
        at=at,
        counts=json.loads(counts),
    )


def decide(
    connection: sqlite3.Connection, number: int, state: str, *, by: Person, at: float, reason: str | None = None
) -> None:
    """Write down how it ended."""
    connection.execute(
        "UPDATE proposals SET state = ?, decided_by = ?, decided_at = ?, reason = ?, staging = NULL WHERE proposal = ?",
        (state, by.name, at, reason, number),
    )


def expire(connection: sqlite3.Connection, *, at: float) -> None:
    """What nobody decided on in time lapses; what was staged for it is cleared away at the next import."""
    connection.execute(
        "UPDATE proposals SET state = 'expired', staging = NULL, decided_at = ?"
        " WHERE state = 'waiting' AND expires <= ?",
        (at, at),
    )


def is_staged(connection: sqlite3.Connection, name: str, *, at: float) -> bool:
    """Whether a proposal waits with what is staged under that name."""
    return bool(
        connection.execute(
            "SELECT 1 FROM proposals WHERE state = 'waiting' AND staging = ? AND expires > ?", (name, at)
        ).fetchone()
    )


def read(connection: sqlite3.Connection, *, at: float) -> Iterator[Proposal]:
    """All, oldest first."""
    for (
        number,
        list_name,
        encoded,
        why,
        counts,
        name,
        account,
        made,
        expires,
        state,
        decided_by,
        reason,
    ) in connection.execute(
        "SELECT proposal, list, action, why, counts, by_name, by_account, at, expires, state, decided_by, reason"
        " FROM proposals ORDER BY proposal"
    ):
        action = msgspec.json.decode(encoded, type=Action)
        staged = action.staged if isinstance(action, Merge) else None
        retract = action if isinstance(action, Retract) else None
        yield Proposal(
            number=number,
            what=_CALLED[type(action)],
            list=list_name,
            why=why,
            counts=json.loads(counts),
            by=name,
            account=account,
            at=utc(made),
            expires=utc(expires),
            state="expired" if state == "waiting" and expires <= at else state,
            registration=action.registration if isinstance(action, Register) else None,
            file=staged.file if staged else None,
            complete=staged is not None and staged.complete,
            list_ids=retract.list_ids if retract else None,
            asked_for=retract.reason if retract else None,
            decided_by=decided_by,
            reason=reason,
        )
