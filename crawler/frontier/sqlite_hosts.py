"""Hosts in the database: who holds them, at which address they answer, and until when they rest."""

from collections.abc import Sequence

from crawler.contract.frontier import HostState
from crawler.frontier.sqlite_step import Step


def let_go(step: Step, host: str, gap: float) -> None:
    """One lease fewer of a host; after the last one it is free again, and rests, as does its address."""
    leased, occupied = step.database.execute(
        "UPDATE hosts SET leased = leased - 1,"
        " holder = CASE WHEN leased > 1 THEN holder END,"
        " next_at = CASE WHEN leased > 1 THEN next_at ELSE max(next_at, ?) END"
        " WHERE host = ? RETURNING leased, occupied",
        (step.now + gap, host),
    ).fetchone()
    if leased == 0 and occupied is not None:
        _leave(step, host, occupied)


def settle(step: Step, worker: str, host: str, address: str) -> bool:
    """Note where a host answers; see the port."""
    found = step.database.execute("SELECT holder, occupied FROM hosts WHERE host = ?", (host,)).fetchone()
    holder, occupied = found or (None, None)
    if occupied is not None and occupied != address:
        _leave(step, host, occupied)
    step.database.execute(
        "UPDATE hosts SET address = ? WHERE host = ? AND queued + delayed + leased > 0", (address, host)
    )
    if holder not in (None, worker):
        return False
    if occupied == address:
        return True
    (taken,) = step.database.execute(
        "SELECT EXISTS (SELECT 1 FROM hosts WHERE occupied = ?1 AND holder <> ?2)"
        " OR EXISTS (SELECT 1 FROM resting_addresses WHERE address = ?1 AND until > ?3)",
        (address, worker, step.now),
    ).fetchone()
    if holder == worker and not taken:
        step.database.execute("UPDATE hosts SET occupied = ? WHERE host = ?", (address, host))
    return not taken


def defer(step: Step, host: str, until: float) -> None:
    """Nobody asks the host earlier."""
    step.database.execute(
        "INSERT INTO hosts (host, next_at) VALUES (?, ?)"
        " ON CONFLICT (host) DO UPDATE SET next_at = max(next_at, excluded.next_at)",
        (host, until),
    )


def forget_rested(step: Step) -> None:
    """Drop what says nothing any more."""
    step.database.execute(
        "DELETE FROM hosts WHERE queued = 0 AND delayed = 0 AND leased = 0 AND next_at <= ?", (step.now,)
    )
    step.database.execute("DELETE FROM resting_addresses WHERE until <= ?", (step.now,))


def states(step: Step, limit: int) -> Sequence[HostState]:
    """The hosts with most to do."""
    rows = step.database.execute(
        "SELECT host, queued + delayed, leased, holder, next_at, address FROM hosts"
        " WHERE queued + delayed + leased > 0 ORDER BY queued + delayed + leased DESC, host LIMIT ?",
        (max(0, limit),),
    )
    return [
        HostState(host=host, pending=pending, leased=leased, holder=holder, next_at=next_at, address=address)
        for host, pending, leased, holder, next_at, address in rows
    ]


def _leave(step: Step, host: str, address: str) -> None:
    step.database.execute("UPDATE hosts SET occupied = NULL WHERE host = ?", (host,))
    if step.database.execute("SELECT 1 FROM hosts WHERE occupied = ?", (address,)).fetchone() is None:
        step.database.execute(
            "INSERT INTO resting_addresses VALUES (?, ?)"
            " ON CONFLICT (address) DO UPDATE SET until = max(until, excluded.until)",
            (address, step.now + step.table.address_gap_seconds),
        )
