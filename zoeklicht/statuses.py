"""Where a crawl stands at one moment, put together from the frontier and the site profiles."""

from collections.abc import Iterable
from typing import Any

import msgspec

from crawler.contract.frontier import EVERYTHING, Coverage, Frontier, Halt, HostState, Round
from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record
from crawler.sites import Closed, permitted

_TARGETS = frozenset({"page", "picture", "archive", "video"})


class SiteStatus(Record, frozen=True, kw_only=True):
    """One configured site."""

    name: str
    closed: str | None
    """Why nothing of it is handed out; None: it is open."""
    round: int
    pages: int
    """Accepted in this round."""
    pictures: int
    """Accepted in this round."""
    pending: int
    leased: int
    failed: int


class Status(Record, frozen=True, kw_only=True):
    """The whole crawl. Rates are those since the status before."""

    at: float
    """Epoch seconds."""
    pending: int
    leased: int
    revisits: int
    ended: int
    failed: int
    lost: int
    rate: float
    """Targets ended a second."""
    failure_rate: float
    """Targets failed a second."""
    halts: tuple[Halt, ...]
    sites: tuple[SiteStatus, ...]
    hosts: tuple[HostState, ...]

    def as_json(self) -> Any:
        """Any: what json.dumps takes."""
        return msgspec.to_builtins(self)


def status_of(
    frontier: Frontier, profiles: Iterable[SiteProfile], *, now: float, hosts: int, before: Status | None
) -> Status:
    """Look at everything. `before`: an earlier look, for the rates. Raises what the store raises when it is away."""
    stats = frontier.stats()
    coverage = {each.scope: each for each in frontier.coverage()}
    rounds = {each.site: each for each in frontier.rounds()}
    halts = tuple(frontier.halts())
    ended = sum(each.ended for each in coverage.values())
    failed = sum(map(_failed, coverage.values()))
    seconds = now - before.at if before is not None else 0
    return Status(
        at=now,
        pending=stats.pending,
        leased=stats.leased,
        revisits=stats.revisits,
        ended=ended,
        failed=failed,
        lost=sum(each.lost for each in coverage.values()),
        rate=(ended - before.ended) / seconds if before is not None and seconds > 0 else 0.0,
        failure_rate=(failed - before.failed) / seconds if before is not None and seconds > 0 else 0.0,
        halts=halts,
        sites=tuple(_site(profile, coverage, rounds, halts, now) for profile in profiles),
        hosts=tuple(frontier.host_states(limit=hosts)),
    )


def _site(
    profile: SiteProfile, coverage: dict[str, Coverage], rounds: dict[str, Round], halts: Iterable[Halt], now: float
) -> SiteStatus:
    covered, current = coverage.get(profile.name), rounds.get(profile.name)
    return SiteStatus(
        name=profile.name,
        closed=_closed(profile, halts, now),
        round=0 if current is None else current.number,
        pages=0 if current is None else current.pages,
        pictures=0 if current is None else current.pictures,
        pending=0 if covered is None else covered.pending,
        leased=0 if covered is None else covered.leased,
        failed=0 if covered is None else _failed(covered),
    )


def _closed(profile: SiteProfile, halts: Iterable[Halt], now: float) -> str | None:
    for halt in halts:
        if halt.scope in {EVERYTHING, profile.name}:
            return "paused" if halt.kind == "pause" else "stopped"
    found = permitted(profile, now)
    return found.text if isinstance(found, Closed) else None


def _failed(coverage: Coverage) -> int:
    return sum(count.count for count in coverage.counts if count.outcome == "failed" and count.kind in _TARGETS)
