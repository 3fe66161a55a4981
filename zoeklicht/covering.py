"""Coverage in the figures people ask for: how much was fetched, hashed, skipped and failed, and why."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from crawler.contract.frontier import Count, Coverage
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from matchers.contract.records import CoverageFigure

_TARGETS = frozenset({"page", "picture", "archive", "video"})
_NO_CONTENT = frozenset({Reason.REDIRECTED, Reason.NOT_MODIFIED})


class Covered(Record, frozen=True, kw_only=True):
    """What became of everything known of a site or report. known = ended + pending + leased + lost."""

    scope: str
    known: int
    ended: int
    pending: int
    leased: int
    lost: int
    pages: int
    """Pages fetched and read."""
    pictures: int
    """Pictures, archives and videos fetched."""
    hashed: int
    """Pictures whose looks are known, those inside of archives and pages included."""
    redirected: int
    unchanged: int
    """Asked for again, and unchanged, says the server."""
    in_part: dict[Reason, int]
    """Fetched, but not all of it could be hashed: damaged pictures, locked archives, videos (digests only)."""
    skipped: dict[Reason, int]
    failed: dict[Reason, int]
    links: dict[Reason, int]
    """Links that were not followed."""
    inside: dict[Reason, int]
    """Pictures inside of archives and pages that were not hashed."""

    def as_json(self) -> dict[str, Any]:
        """Any: what json.dumps takes."""
        return {
            name: {reason.value: count for reason, count in value.items()} if isinstance(value, dict) else value
            for name, value in ((name, getattr(self, name)) for name in self.__struct_fields__)
        }


def covered(coverage: Coverage) -> Covered:
    """The figures of one site or report."""
    counts = coverage.counts
    fetched = [count for count in counts if count.outcome == "fetched"]
    content = [count for count in fetched if count.kind in _TARGETS and count.reason not in _NO_CONTENT]
    return Covered(
        scope=coverage.scope,
        known=coverage.known,
        ended=coverage.ended,
        pending=coverage.pending,
        leased=coverage.leased,
        lost=coverage.lost,
        pages=sum(count.count for count in content if count.kind == "page"),
        pictures=sum(count.count for count in content if count.kind != "page"),
        hashed=sum(c.count for c in fetched if c.kind in {"picture", "inside"} and c.reason is None),
        redirected=sum(count.count for count in fetched if count.reason is Reason.REDIRECTED),
        unchanged=sum(count.count for count in fetched if count.reason is Reason.NOT_MODIFIED),
        in_part=_by_reason(count for count in content if count.reason is not None),
        skipped=_by_reason(c for c in counts if c.kind in _TARGETS and c.outcome == "skipped"),
        failed=_by_reason(c for c in counts if c.kind in _TARGETS and c.outcome == "failed"),
        links=_by_reason(c for c in counts if c.kind == "link"),
        inside=_by_reason(c for c in counts if c.kind == "inside"),
    )


def figures(coverage: Coverage, scope_kind: Literal["site", "report"], at: datetime) -> list[CoverageFigure]:
    """The same as figures for dashboards: one for each way in which something ended, and for what has not."""
    standing = {
        ("targets", "known", None): coverage.known,
        ("targets", "pending", None): coverage.pending,
        ("targets", "leased", None): coverage.leased,
        ("targets", "lost", None): coverage.lost,
    }
    counts: Counter[tuple[str, str, str | None]] = Counter(standing)
    for count in coverage.counts:
        counts[count.kind, count.outcome, None if count.reason is None else count.reason.value] += count.count
    day = at.date().isoformat()
    return [
        CoverageFigure(
            id="/".join((day, scope_kind, coverage.scope, kind, outcome, reason or "")),
            day=day,
            at=at,
            scope=coverage.scope,
            scope_kind=scope_kind,
            kind=kind,
            outcome=outcome,
            reason=reason,
            count=number,
        )
        for (kind, outcome, reason), number in counts.items()
    ]


def _by_reason(counts: Iterable[Count]) -> dict[Reason, int]:
    reasons: Counter[Reason] = Counter()
    for count in counts:
        if count.reason is not None:
            reasons[count.reason] += count.count
    return dict(reasons)
