"""Where the whole chain stands, read from its stores: what `up` shows while it runs and at its end."""

from collections import Counter
from collections.abc import Iterable

from crawler.contract.frontier import Count, Frontier
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from matchers.contract.ports import HitStore


class Standing(Record, frozen=True, kw_only=True):
    """Totals at one moment."""

    pages: int
    pictures: int
    hits: int
    pending: int
    leased: int
    skipped: dict[Reason, int]
    """Targets and links that were skipped, failed, or not fully hashed, by reason."""


def standing_of(frontier: Frontier, store: HitStore) -> Standing:
    """Read it. Raises what the stores raise when they are away."""
    stats = frontier.stats()
    return Standing(
        pages=_fetched(stats.counts, "page"),
        pictures=_fetched(stats.counts, "picture"),
        hits=store.count(),
        pending=stats.pending,
        leased=stats.leased,
        skipped=_by_reason(stats.counts),
    )


def _fetched(counts: Iterable[Count], kind: str) -> int:
    return sum(
        count.count
        for count in counts
        if count.kind == kind and count.outcome == "fetched" and count.reason is not Reason.REDIRECTED
    )


def _by_reason(counts: Iterable[Count]) -> dict[Reason, int]:
    reasons: Counter[Reason] = Counter()
    for count in counts:
        if count.reason is not None and count.reason is not Reason.REDIRECTED:
            reasons[count.reason] += count.count
    return dict(reasons)
