"""Reports in the database, and what came of them."""

from collections.abc import Sequence

import msgspec

from crawler.contract.frontier import DerivedItem
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.frontier.sqlite_step import Step

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Report).decode


def open_report(step: Step, report: Report, items: int) -> bool:
    """Keep a report, unless there is one of its id."""
    inserted = step.database.execute(
        "INSERT OR IGNORE INTO reports (id, received, most, body) VALUES (?, ?, ?, ?)",
        (report.id, report.received_at.timestamp(), items, _encode(report)),
    )
    return inserted.rowcount == 1


def one(step: Step, report_id: str) -> Report | None:
    """A report by its id."""
    found = step.database.execute("SELECT body FROM reports WHERE id = ?", (report_id,)).fetchone()
    return None if found is None else _decode(found[0])


def newest_first(step: Step) -> Sequence[Report]:
    """All reports."""
    return [_decode(body) for (body,) in step.database.execute("SELECT body FROM reports ORDER BY received DESC, id")]


def items(step: Step, report_id: str, after: int, limit: int) -> Sequence[tuple[int, DerivedItem]]:
    """What came of a report, in the order of acceptance, with its place; on from the place `after`."""
    rows = step.database.execute(
        "SELECT id, fingerprint, sealed_address, host, kind, outcome, reason, at, inside FROM items"
        " WHERE report = ? AND id > ? AND sealed_address IS NOT NULL ORDER BY id LIMIT ?",
        (report_id, after, limit),
    )
    return [
        (
            place,
            DerivedItem(
                fingerprint=fingerprint,
                sealed_address=sealed_address,
                host=host,
                kind=kind,
                outcome=outcome,
                reason=Reason(reason) if reason else None,
                at=at,
                inside=inside,
            ),
        )
        for place, fingerprint, sealed_address, host, kind, outcome, reason, at, inside in rows
    ]
