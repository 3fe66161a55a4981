"""The frontier port: which address may be fetched next, by whom, and what became of it.

Everything handed out is a *lease*. It ends exactly once: completed, released for later, or failed; when its
holder dies it expires and the target is handed out again. Every method is idempotent and safe to repeat after
an unclear answer. Adapters: SQLite (one machine) and Redis (many).
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.contract.standing import EVERYTHING, Count, Coverage, DerivedItem, FrontierStats, Halt, HostState, Round
from crawler.contract.targets import (
    PRIORITY_PAGE,
    PRIORITY_PICTURE,
    PRIORITY_REPORT,
    PRIORITY_REVISIT,
    Again,
    Completion,
    CountedKind,
    Fingerprint,
    FoundKind,
    Lease,
    Outcome,
    PassedOver,
    Target,
    TargetKind,
    Visit,
)

__all__ = [
    "EVERYTHING",
    "PRIORITY_PAGE",
    "PRIORITY_PICTURE",
    "PRIORITY_REPORT",
    "PRIORITY_REVISIT",
    "Again",
    "Completion",
    "Count",
    "CountedKind",
    "Coverage",
    "DerivedItem",
    "Fingerprint",
    "FoundKind",
    "Frontier",
    "FrontierStats",
    "Halt",
    "HostState",
    "Lease",
    "Outcome",
    "PassedOver",
    "Round",
    "Target",
    "TargetKind",
    "Visit",
]
"""What users of the port need stands here, so that they import from one place."""


class Frontier(Protocol):
    """Thread-safe. Each method raises `UnavailableError` when the store does not answer, having lost nothing."""

    def add(self, targets: Sequence[Target]) -> int:
        """Accept targets whose fingerprint was never accepted before (or that are forced). Returns how many.

        What lies beyond the budget of its site or report is not accepted, nor marked as seen, and is counted as a
        skipped link under `OVER_BUDGET`.
        """

    def lease(self, worker: str, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """Hand out up to `limit` due targets of the `sites` named, at most `per_host` of one host at a time.

        `sites` are those that the worker may crawl now, by mandate and window; of any other site, and of one that is
        halted, nothing is handed out.

        A host belongs to one worker while that worker has leases of it: nobody else is given any, so the
        worker alone keeps the pace. Once they have all ended the host rests for the last target's `gap`.
        The same holds for all hosts settled at one address together, which then rests for the `address_gap_seconds`
        of the settings. Within a host: lowest priority first, then oldest.
        """

    def settle(self, worker: str, host: str, address: str) -> bool:
        """Say at which IP address a host answers, as it was just resolved, before it is first asked.

        Returns whether this worker may ask it now: not while another one holds other hosts at the same address; its
        leases of the host are then best given back. A host that has moved is settled anew.
        """

    def complete(self, completions: Sequence[Completion]) -> int:
        """End leases, count their outcomes, add their children and list what was passed over, each in one atomic step.

        A lease that ended before or is not known any more changes nothing, but its children are still
        accepted (they are deduplicated like any others). Returns how many ended by this call.
        `again` is kept until `schedule_revisits` finds it due; only the completion that ends its lease keeps one.
        """

    def release(self, lease_id: str, *, not_before: float, attempt: int) -> bool:
        """Give a target back to be handed out again at `not_before` (epoch seconds) with its new attempt count."""

    def fail(self, lease_id: str, reason: Reason) -> bool:
        """End a lease as failed, counted under `reason`. Returns whether this call ended it."""

    def renew(self, worker: str, lease_ids: Sequence[str]) -> Sequence[str]:
        """Extend leases that are still this worker's; returns the ids of those it holds no longer.

        A lease is refused once it is older than the maximum total age: endless renewal would hide a hung callback.
        """

    def reap(self) -> int:
        """Put targets of expired leases back at the head of their queue. Any worker may call it, at any time."""

    def defer_host(self, host: str, until: float) -> None:
        """Nobody asks this host before `until` (epoch seconds). Never brings an earlier deferral forward."""

    def has_work(self) -> bool:
        """Whether anything is pending, due or not, or leased by anyone. Halted sites and revisits to come are not."""

    def set_budget(self, scope: str, *, pages: int | None = None, pictures: int | None = None) -> None:
        """The most that is accepted of a site in one round. None: no bound."""

    def open_report(self, report: Report, *, items: int) -> bool:
        """Keep a report; at most `items` targets are accepted of it. False when its id is taken already."""

    def report(self, report_id: str) -> Report | None:
        """A report by its id."""

    def reports(self) -> Sequence[Report]:
        """All reports, newest first."""

    def derived_items(self, report_id: str) -> Iterator[DerivedItem]:
        """All that came of a report, in the order of acceptance."""

    def begin_round(self, site: str, *, after: int, interval: float, seeds: Sequence[Target] = ()) -> bool:
        """Begin the round that follows round number `after`, and add its seeds, in one atomic step.

        False when somebody else has begun it; the seeds are then not added.
        """

    def rounds(self) -> Sequence[Round]:
        """The current round of every site that anything was accepted of or a round was begun for."""

    def schedule_revisits(self, *, sites: Collection[str], limit: int) -> int:
        """Queue up to `limit` revisits of these sites that are due, oldest first. Returns how many.

        Each is queued once, however many call this at a time.
        """

    def halt(self, halt: Halt) -> None:
        """Let nothing more of a site (or of all) be handed out."""

    def resume(self, scope: str) -> bool:
        """End a halt; returns whether there was one. A halt of everything and one of a site are ended apart."""

    def halts(self) -> Sequence[Halt]:
        """The halts in force. Cheap: every crawler asks every second or two."""

    def passed_over(
        self, *, site: str | None = None, report_id: str | None = None, reason: Reason | None = None
    ) -> Iterator[PassedOver]:
        """What was passed over, of a site, a report or a reason, oldest first; at most `listed_per_reason` of each
        site and reason is kept (the counts count on).
        """

    def stats(self) -> FrontierStats:
        """Counts as of now. Costs as much as the number of sites, not of targets."""

    def coverage(self) -> Sequence[Coverage]:
        """What became of everything, by site."""

    def report_coverage(self, report_id: str) -> Coverage | None:
        """What became of everything that came of a report; None when there is no such report."""

    def host_states(self, *, limit: int) -> Sequence[HostState]:
        """Hosts with something pending or under way, those with most of it first."""

    def close(self) -> None:
        """Let go of connections. Leases stay; they expire."""
