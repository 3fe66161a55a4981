"""The listing of what was passed over, in the database: a bounded number for each site and reason."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from crawler.contract.frontier import PassedOver
from crawler.contract.reasons import Reason
from crawler.frontier.sqlite_step import Step

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PassedOver).decode


class Place(NamedTuple):
    """Where in the listing somebody has read to."""

    at: float
    site: str
    reason: str
    digest: str


BEGINNING = Place(float("-inf"), "", "", "")


def list_them(step: Step, passed: Iterable[PassedOver]) -> None:
    """List each once, as it was last seen; the oldest of its site and reason goes when there are too many."""
    for each in passed:
        name = (each.site, str(each.reason))
        found = step.database.execute(
            "SELECT at FROM passed WHERE site = ? AND reason = ? AND digest = ?", (*name, each.digest)
        ).fetchone()
        if found is not None and found[0] > each.at:
            continue
        step.database.execute(
            "INSERT OR REPLACE INTO passed VALUES (?, ?, ?, ?, ?, ?)",
            (*name, each.digest, each.at, each.report_id, _encode(each)),
        )
        if found is not None:
            continue
        (count,) = step.database.execute(
            "INSERT INTO passed_counts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
            name,
        ).fetchone()
        if count > step.table.listed_per_reason:
            _drop_oldest(step, name, count - step.table.listed_per_reason)


def after(
    step: Step, place: Place, *, site: str | None, report_id: str | None, reason: Reason | None, limit: int
) -> Sequence[tuple[Place, PassedOver]]:
    """Up to `limit` of the listing on from a place, oldest first."""
    rows = step.database.execute(
        "SELECT at, site, reason, digest, body FROM passed WHERE (at, site, reason, digest) > (:at, :s, :r, :digest)"
        " AND (:site IS NULL OR site = :site) AND (:report IS NULL OR report = :report)"
        " AND (:reason IS NULL OR reason = :reason) ORDER BY at, site, reason, digest LIMIT :limit",
        {
            "at": place.at,
            "s": place.site,
            "r": place.reason,
            "digest": place.digest,
            "site": site,
            "report": report_id,
            "reason": None if reason is None else str(reason),
            "limit": limit,
        },
    )
    return list(_placed(rows))


def _placed(rows: Iterable[tuple[float, str, str, str, bytes]]) -> Iterator[tuple[Place, PassedOver]]:
    for *place, body in rows:
        yield Place._make(place), _decode(body)


def _drop_oldest(step: Step, name: tuple[str, str], surplus: int) -> None:
    oldest = step.database.execute(
        "SELECT site, reason, digest FROM passed WHERE site = ? AND reason = ? ORDER BY at, digest LIMIT ?",
        (*name, surplus),
    ).fetchall()
    step.database.executemany("DELETE FROM passed WHERE site = ? AND reason = ? AND digest = ?", oldest)
    step.database.execute(
        "UPDATE passed_counts SET count = count - ? WHERE site = ? AND reason = ?", (len(oldest), *name)
    )
