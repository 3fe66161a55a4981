"""Revisits in the database: they wait apart from the queue, until they are due and somebody schedules them."""

from collections.abc import Collection

import msgspec

from crawler.contract.frontier import Target
from crawler.frontier import sqlite_queue
from crawler.frontier.sqlite_step import Step


def keep(step: Step, target: Target) -> None:
    """Keep one, in place of an earlier one of the same fingerprint."""
    step.database.execute(
        "INSERT OR REPLACE INTO revisits VALUES (?, ?, ?, ?)",
        (target.fingerprint, target.site, target.not_before or 0.0, sqlite_queue.encode(target)),
    )


def schedule(step: Step, sites: Collection[str], limit: int) -> int:
    """Queue those that are due, oldest first."""
    due = step.database.execute(
        "SELECT fingerprint, body FROM revisits WHERE due <= ? AND site IN (SELECT value FROM json_each(?))"
        " ORDER BY due, fingerprint LIMIT ?",
        (step.now, msgspec.json.encode(list(sites)).decode(), max(0, limit)),
    ).fetchall()
    if due:
        sqlite_queue.promote(step)
        step.database.executemany("DELETE FROM revisits WHERE fingerprint = ?", ((number,) for number, _ in due))
        sqlite_queue.enqueue(step, [sqlite_queue.decode(body) for _, body in due])
    return len(due)
