"""The queue in the database: targets are accepted, handed out, and taken back."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple

import msgspec

from crawler.contract.frontier import Lease, Outcome, Target
from crawler.contract.reasons import Reason
from crawler.frontier import sqlite_hosts
from crawler.frontier.sharing import shares
from crawler.frontier.sqlite_step import Step

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Target).decode

_QUEUED = "FROM targets t WHERE t.host = hosts.host AND due IS NULL AND lease IS NULL"
# A host's queues are its priorities. From each one the index leads to the next: what is in them is not looked at.
_FIRST_OF_ANY_QUEUE_IS_OPEN = (
    f"EXISTS (WITH RECURSIVE queues(number) AS (SELECT (SELECT min(priority) {_QUEUED}) UNION ALL"  # noqa: S608  # constants
    f"  SELECT (SELECT min(priority) {_QUEUED} AND priority > number) FROM queues WHERE number IS NOT NULL)"
    f" SELECT 1 FROM queues WHERE (SELECT site {_QUEUED} AND priority = number ORDER BY position LIMIT 1)"
    "  IN (SELECT value FROM json_each(:sites)))"
)
_MAY_BE_ASKED = (
    f"queued > 0 AND next_at <= :now AND {_FIRST_OF_ANY_QUEUE_IS_OPEN}"  # noqa: S608  # constants
    " AND (address IS NULL OR"
    "  NOT EXISTS (SELECT 1 FROM hosts other WHERE other.occupied = hosts.address AND other.holder <> :worker)"
    "  AND NOT EXISTS (SELECT 1 FROM resting_addresses r WHERE r.address = hosts.address AND r.until > :now))"
)
# Those the worker holds come last: hosts that nobody asks at all matter more.
_OFFERS = (
    "SELECT host, min(queued, :most) FROM (SELECT host, queued FROM hosts"  # noqa: S608  # both parts stand above
    f"  WHERE holder IS NULL AND {_MAY_BE_ASKED} ORDER BY next_at LIMIT :limit)"
    " UNION ALL SELECT host, min(queued, :most - leased) FROM hosts"
    f"  WHERE holder = :worker AND leased < :most AND {_MAY_BE_ASKED}"
)


class Leased(NamedTuple):
    """A leased target's row at the end of its lease."""

    id: int
    host: str
    site: str
    kind: str
    gap: float
    expiries: int
    report: str | None
    item: int | None


class Accepted(NamedTuple):
    """What became of targets that were offered."""

    how_many: int
    unseen: bool
    """Whether one of them had never been seen before, be it beyond the budget."""


def accept(step: Step, targets: Sequence[Target], *, counted: bool = True) -> Accepted:
    """Queue those that are new or forced, and within the budget; the others of these are counted, if `counted`."""
    if not targets:
        return Accepted(0, unseen=False)
    promote(step)
    new: list[Target] = []
    unseen = False
    for target in targets:
        room = step.room(target.site, target.report_id, target.kind)
        first = _see(step, target) if room else not _seen(step, target)
        unseen = unseen or first
        if not (first or target.force):
            continue
        if room:
            step.took(target.site, target.report_id, target.kind)
            new.append(target)
        elif counted:
            step.counted(target.site, target.report_id, "link", "skipped", Reason.OVER_BUDGET, 1)
            step.refused.append(target)
    enqueue(step, new)
    return Accepted(len(new), unseen)


def enqueue(step: Step, targets: Sequence[Target]) -> None:
    """Queue targets, whatever was seen and however many; each is known from now on."""
    position = step.take("tail", len(targets))
    step.database.executemany(
        "INSERT INTO targets (host, priority, position, due, attempt, site, kind, gap, report, item, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                t.host,
                t.priority,
                position + i,
                _due(t, step.now),
                t.attempt,
                t.site,
                t.kind,
                t.gap,
                t.report_id,
                _item(step, t),
                encode(t),
            )
            for i, t in enumerate(targets)
        ),
    )
    delayed = Counter(t.host for t in targets if _due(t, step.now) is not None)
    for host, count in Counter(t.host for t in targets).items():
        note(step, host, queued=count - delayed[host], delayed=delayed[host])
    for target in targets:
        step.accepted(target.site, target.report_id)


def promote(step: Step) -> None:
    """Queue what has become due, in the order it did."""
    due = step.database.execute(
        "SELECT id, host FROM targets WHERE due IS NOT NULL AND due <= ? ORDER BY due, position", (step.now,)
    ).fetchall()
    if not due:
        return
    position = step.take("tail", len(due))
    step.database.executemany(
        "UPDATE targets SET due = NULL, position = ? WHERE id = ?",
        ((position + i, target_id) for i, (target_id, _) in enumerate(due)),
    )
    for host, count in Counter(host for _, host in due).items():
        note(step, host, queued=count, delayed=-count)


def hand_out(step: Step, worker: str, sites: Collection[str], *, limit: int, per_host: int) -> Iterator[Lease]:
    """Leases of targets of these sites, shared out among the hosts that may be asked."""
    offers = step.database.execute(
        _OFFERS,
        {
            "most": max(0, per_host),
            "now": step.now,
            "limit": max(0, limit),
            "worker": worker,
            "sites": msgspec.json.encode(list(sites)).decode(),
        },
    ).fetchall()
    expires_at = step.now + min(step.table.lease_seconds, step.table.max_lease_age_seconds)
    for (host, _), count in zip(offers, shares([most for _, most in offers], limit), strict=True):
        found = list(islice(_open_rows(step, host, sites), count))
        if not found:
            continue
        first = step.take("leases", len(found))
        for number, (target_id, body, attempt, site, report) in enumerate(found, first):
            # In the order of handing out; random too, so that an id never comes back with a restored backup.
            lease_id = f"{number:012x}{secrets.token_hex(8)}"
            step.database.execute(
                "UPDATE targets SET lease = ?, worker = ?, started = ?, expires = ? WHERE id = ?",
                (lease_id, worker, step.now, expires_at, target_id),
            )
            step.leased(site, report)
            target = msgspec.structs.replace(decode(body), attempt=attempt)
            yield Lease(id=lease_id, target=target, expires_at=expires_at)
        step.database.execute(
            "UPDATE hosts SET queued = queued - ?1, leased = leased + ?1, holder = ?2, occupied = address"
            " WHERE host = ?3",
            (len(found), worker, host),
        )


def _open_rows(step: Step, host: str, sites: Collection[str]) -> Iterator[tuple[Any, ...]]:
    """What the host may be asked for, lowest priority first. Any: the types are the columns'.

    What stands behind an entry of a closed site waits with it; other queues go on.
    """
    priority = -1
    while True:
        next_queue = step.database.execute(
            "SELECT priority FROM targets WHERE host = ? AND due IS NULL AND lease IS NULL AND priority > ?"
            " ORDER BY priority LIMIT 1",
            (host, priority),
        ).fetchone()
        if next_queue is None:
            return
        (priority,) = next_queue
        rows = step.database.execute(
            "SELECT id, body, attempt, site, report FROM targets"
            " WHERE host = ? AND due IS NULL AND lease IS NULL AND priority = ? ORDER BY position",
            (host, priority),
        )
        yield from takewhile(lambda row: row[3] in sites, rows)


def leased(step: Step, lease_id: str) -> Leased | None:
    """The target of a lease that has not ended."""
    row = step.database.execute(
        "SELECT id, host, site, kind, gap, expiries, report, item FROM targets WHERE lease = ?", (lease_id,)
    ).fetchone()
    return None if row is None else Leased(*row)


def end(step: Step, row: Leased, outcome: Outcome) -> None:
    """The target is done with: counted, told to its report, gone."""
    step.database.execute("DELETE FROM targets WHERE id = ?", (row.id,))
    step.ended(row.site, row.report, row.kind, outcome)
    if row.item is not None:
        step.database.execute(
            "UPDATE items SET kind = ?, outcome = ?, reason = ?, at = ?, inside = ? WHERE id = ?",
            (
                outcome.found or row.kind,
                outcome.kind,
                None if outcome.reason is None else str(outcome.reason),
                step.now,
                outcome.inside.get(None, 0),
                row.item,
            ),
        )
    step.emptied.add(row.host)
    sqlite_hosts.let_go(step, row.host, row.gap)


def put_back(step: Step, row: Leased, *, not_before: float, attempt: int) -> None:
    """The target waits again, behind its equals."""
    promote(step)
    waits = not_before > step.now
    step.database.execute(
        "UPDATE targets SET lease = NULL, due = ?, attempt = ?, position = ? WHERE id = ?",
        (not_before if waits else None, attempt, step.take("tail", 1), row.id),
    )
    step.returned(row.site, row.report)
    sqlite_hosts.let_go(step, row.host, row.gap)
    note(step, row.host, queued=int(not waits), delayed=int(waits))


def reap(step: Step, most: int) -> int:
    """Put targets of expired leases back at the head, or fail those whose holders died too often."""
    promote(step)
    # Backwards, as each goes before the one that was put back just now.
    expired = step.database.execute(
        "SELECT id, host, site, kind, gap, expiries, report, item FROM targets"
        " WHERE lease IS NOT NULL AND expires <= ? ORDER BY expires DESC, lease DESC LIMIT ?",
        (step.now, most),
    ).fetchall()
    for row in map(Leased._make, expired):
        if row.expiries + 1 >= step.table.max_expiries:
            end(step, row, Outcome(kind="failed", reason=Reason.LEASE_EXPIRED))
            continue
        step.database.execute(
            "UPDATE targets SET lease = NULL, expires = NULL, expiries = expiries + 1, position = ? WHERE id = ?",
            (-step.take("head", 1), row.id),
        )
        step.returned(row.site, row.report)
        sqlite_hosts.let_go(step, row.host, row.gap)
        note(step, row.host, queued=1, delayed=0)
    return len(expired)


def renew(step: Step, worker: str, lease_ids: Iterable[str]) -> Iterator[str]:
    """Extend leases; yields those that are not this worker's, or too old."""
    for lease_id in lease_ids:
        renewed = step.database.execute(
            "UPDATE targets SET expires = min(:now + :lease_seconds, started + :greatest_age)"
            " WHERE lease = :lease AND worker = :worker AND started + :greatest_age > :now",
            {
                "now": step.now,
                "lease_seconds": step.table.lease_seconds,
                "greatest_age": step.table.max_lease_age_seconds,
                "lease": lease_id,
                "worker": worker,
            },
        )
        if renewed.rowcount == 0:
            yield lease_id


def note(step: Step, host: str, *, queued: int, delayed: int) -> None:
    """A host's waiting targets became more (or fewer). It lines up behind the hosts that have waited longer."""
    step.database.execute(
        "INSERT INTO hosts (host, next_at, queued, delayed) VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
        " next_at = CASE WHEN queued = 0 AND excluded.queued > 0 THEN max(next_at, excluded.next_at)"
        "  ELSE next_at END,"
        " queued = queued + excluded.queued, delayed = delayed + excluded.delayed",
        (host, step.now, queued, delayed),
    )


def _see(step: Step, target: Target) -> bool:
    inserted = step.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (target.fingerprint,))
    return inserted.rowcount == 1


def _seen(step: Step, target: Target) -> bool:
    found = step.database.execute("SELECT 1 FROM seen WHERE fingerprint = ?", (target.fingerprint,))
    return found.fetchone() is not None


def _item(step: Step, target: Target) -> int | None:
    if target.report_id is None:
        return None
    inserted = step.database.execute(
        "INSERT INTO items (report, fingerprint, sealed_address, host, kind, outcome, at)"
        " VALUES (?, ?, ?, ?, ?, 'pending', ?)",
        (target.report_id, target.fingerprint, target.sealed_address, target.host, target.kind, step.now),
    )
    return inserted.lastrowid


def _due(target: Target, now: float) -> float | None:
    """When a target becomes due; None when it is already."""
    return target.not_before if target.not_before is not None and target.not_before > now else None
