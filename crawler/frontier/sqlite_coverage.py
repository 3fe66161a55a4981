"""The figures in the database, read: where everything stands, by site and by report."""

from collections.abc import Sequence

from crawler.contract.frontier import Count, Coverage, FrontierStats
from crawler.contract.reasons import Reason
from crawler.frontier.sqlite_step import Step


def stats(step: Step) -> FrontierStats:
    """All sites together."""
    known, pending, leased = step.database.execute(
        "SELECT ifnull(sum(known), 0), ifnull(sum(pending), 0), ifnull(sum(leased), 0) FROM standing WHERE report = ''"
    ).fetchone()
    (hosts,) = step.database.execute("SELECT count(*) FROM hosts WHERE queued + delayed + leased > 0").fetchone()
    (revisits,) = step.database.execute("SELECT count(*) FROM revisits").fetchone()
    return FrontierStats(
        pending=pending, leased=leased, hosts=hosts, seen=known, counts=_counts(step, ""), revisits=revisits
    )


def sites(step: Step) -> Sequence[Coverage]:
    """Site by site, by name."""
    counts = _counts(step, "")
    rows = step.database.execute("SELECT site, known, pending, leased FROM standing WHERE report = ''").fetchall()
    known = {site: figures for site, *figures in rows}
    return [
        _coverage(site, known.get(site, (0, 0, 0)), tuple(count for count in counts if count.site == site))
        for site in sorted(known.keys() | {count.site for count in counts})
    ]


def report(step: Step, report_id: str) -> Coverage | None:
    """What came of a report."""
    if step.database.execute("SELECT 1 FROM reports WHERE id = ?", (report_id,)).fetchone() is None:
        return None
    found = step.database.execute(
        "SELECT known, pending, leased FROM standing WHERE report = ? AND site = ''", (report_id,)
    ).fetchone()
    return _coverage(report_id, found or (0, 0, 0), _counts(step, report_id))


def has_work(step: Step) -> bool:
    """Whether anything is to be done, sites that are halted left aside."""
    found = step.database.execute(
        "SELECT EXISTS (SELECT 1 FROM standing WHERE report = '' AND pending + leased > 0"
        "  AND site NOT IN (SELECT scope FROM halts))"
        " AND NOT EXISTS (SELECT 1 FROM halts WHERE scope = '*')"
    ).fetchone()
    return bool(found[0])


def _coverage(scope: str, figures: Sequence[int], counts: tuple[Count, ...]) -> Coverage:
    known, pending, leased = figures
    return Coverage(scope=scope, known=known, pending=pending, leased=leased, counts=counts)


def _counts(step: Step, report_id: str) -> tuple[Count, ...]:
    rows = step.database.execute(
        "SELECT site, kind, outcome, reason, count FROM counts WHERE report = ?", (report_id,)
    ).fetchall()
    return tuple(
        Count(site=site, kind=kind, outcome=outcome, reason=Reason(reason) if reason else None, count=count)
        for site, kind, outcome, reason, count in rows
    )
