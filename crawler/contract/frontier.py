"""The frontier port: which address may be fetched next, by whom, and what became of it.

Everything handed out is a *lease*. It ends exactly once: completed, released for later, or failed; when its
holder dies it expires and the target is handed out again. Every method is idempotent and safe to repeat after
an unclear answer. Adapters: SQLite (one machine) and Redis (many).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.contract.struct import Record

Fingerprint = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""The first 64 bits of Scrapy's request fingerprint, signed, big-endian."""

TargetKind = Literal["page", "picture"]

FoundKind = Literal["page", "picture", "archive", "video"]
"""What a target turned out to be."""

CountedKind = Literal["page", "picture", "archive", "video", "inside", "link"]
"""What is counted: targets by what they turned out to be, pictures inside of those, and links not followed."""

EVERYTHING = "*"
"""In place of a site's name: all sites."""

PRIORITY_REPORT = 0
PRIORITY_PICTURE = 10
PRIORITY_PAGE = 20
PRIORITY_REVISIT = 30


class Visit(Record, frozen=True, kw_only=True):
    """What earlier visits of a page or picture taught about when to come again."""

    interval: Annotated[float, msgspec.Meta(gt=0)]
    """Seconds between the last visit and this one."""
    misses: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Visits in a row, up to the last one, that found it gone."""


class Target(Record, frozen=True, kw_only=True):
    """Something to fetch. Lives in the frontier only, the one place that holds addresses in clear."""

    fingerprint: Fingerprint
    url: str
    host: str
    """The politeness key: one request at a time, `gap` seconds apart, over all crawlers."""
    site: str
    kind: TargetKind
    priority: Annotated[int, msgspec.Meta(ge=0, le=1000)] = PRIORITY_PAGE
    """Lower first, first come first served among equals."""
    gap: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """Least seconds between two requests to `host`."""
    depth: Annotated[int, msgspec.Meta(ge=0)] = 0
    chain: tuple[str, ...] = ()
    """The pages that led here, seed first; the last one is the page that links to this."""
    report_id: str | None = None
    hops: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Redirect hops so far."""
    force: bool = False
    """Accept it even if it was seen: a redirect may lead back (age gates do), a revisit always does."""
    not_before: float | None = None
    """Epoch seconds; None means as soon as the host may be asked."""
    attempt: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How often it was released for another try."""
    visit: Visit | None = None
    """Given when this is a revisit."""
    sealed_address: SealedAddress | None = None
    """Given for what comes of a report: kept after its end, so that the report can tell what became of it."""

    def __repr__(self) -> str:
        return f"Target({self.kind} of site {self.site!r}, fingerprint={self.fingerprint})"


class Lease(Record, frozen=True, kw_only=True):
    """A target handed to one worker until `expires_at` (epoch seconds)."""

    id: str
    target: Target
    expires_at: float


class Outcome(Record, frozen=True, kw_only=True):
    """What became of a leased target, for the coverage counts."""

    kind: Literal["fetched", "skipped", "failed"]
    reason: Reason | None = None
    """None exactly when `kind` is "fetched" and all went well."""
    found: FoundKind | None = None
    """What it turned out to be, for the counts; None: what it was taken for."""
    links: Mapping[Reason, int] = {}
    """Links of this page that were not followed, by reason."""
    inside: Mapping[Reason | None, int] = {}
    """Pictures inside of it (an archive's, a page's embedded ones), by the reason that kept them from being hashed.

    Under None: hashed. A reason of `DECIDED_HERE` counts as skipped, any other as failed.
    """


class PassedOver(Record, frozen=True, kw_only=True):
    """A link or target that was not followed, fetched or hashed: for the listing of what was cut, and why."""

    digest: KeyedDigest
    """Of its address: it is listed once for each site and reason, as it was last seen."""
    site: str
    """The site on whose page the link stands, or whose target it was."""
    kind: CountedKind
    reason: Reason
    host: str
    """Where it leads; empty when the address is none."""
    sealed_address: SealedAddress
    """With the page that led there and the chain before it."""
    at: float
    """Epoch seconds."""
    report_id: str | None = None
    detail: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    """More of the reason, without any address: the rule that refused the link, the country it is hosted in."""


class Again(Record, frozen=True, kw_only=True):
    """When to come again: one of two revisits, of which the frontier keeps the one that fits.

    Both are the same address with `force`, `visit` and `not_before` set.
    """

    fruitful: Target
    """If the completion's children held one that was never seen before."""
    fruitless: Target


class Completion(Record, frozen=True, kw_only=True):
    """The end of a lease, with all that came of it."""

    lease_id: str
    outcome: Outcome
    children: tuple[Target, ...] = ()
    passed: tuple[PassedOver, ...] = ()
    """For the listing; the counts stand in `outcome`."""
    again: Again | None = None


class Count(Record, frozen=True, kw_only=True):
    """How many targets (or links) of a site or report ended in one way."""

    site: str
    """The site's name; in the counts of a report, still the site."""
    kind: CountedKind
    outcome: Literal["fetched", "skipped", "failed"]
    reason: Reason | None
    count: int


class FrontierStats(Record, frozen=True, kw_only=True):
    """Where the frontier stands. `pending` waits, `leased` is under way, `seen` is all it ever accepted."""

    pending: int
    leased: int
    hosts: int
    """Hosts with something pending or under way."""
    seen: int
    counts: tuple[Count, ...]
    revisits: int = 0
    """Revisits that wait for their time, or to be scheduled. They are not `pending` yet."""


class Coverage(Record, frozen=True, kw_only=True):
    """What became of everything known of a site or report.

    Each figure is counted where the thing happens, none is derived from the others, so that `lost` can tell.
    """

    scope: str
    """The site's name, or the report's id."""
    known: int
    """Targets ever accepted, revisits that were scheduled included."""
    pending: int
    leased: int
    counts: tuple[Count, ...]

    @property
    def ended(self) -> int:
        """Targets that were fetched, skipped or failed."""
        return sum(count.count for count in self.counts if count.kind not in {"inside", "link"})

    @property
    def lost(self) -> int:
        """Targets that are nowhere: 0, or there is a fault in here."""
        return self.known - self.pending - self.leased - self.ended


class DerivedItem(Record, frozen=True, kw_only=True):
    """Something that came of a report, and what became of it."""

    fingerprint: Fingerprint
    sealed_address: SealedAddress
    host: str
    kind: FoundKind
    outcome: Literal["pending", "fetched", "skipped", "failed"]
    reason: Reason | None
    at: float
    """Epoch seconds of the outcome; while pending, of its acceptance."""
    inside: int = 0
    """Pictures inside of it that were hashed."""


class Halt(Record, frozen=True, kw_only=True):
    """A site, or everything, that may not be crawled until further notice."""

    scope: str
    """A site's name, or `EVERYTHING`."""
    kind: Literal["pause", "stop"]
    """`pause`: nothing new is handed out. `stop`: what is under way is broken off, too. The queue is kept by both."""
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]
    at: float
    """Epoch seconds."""


class HostState(Record, frozen=True, kw_only=True):
    """One host with something pending or under way."""

    host: str
    pending: int
    leased: int
    holder: str | None
    """The worker that has leases of it."""
    next_at: float
    """Epoch seconds before which nobody asks it."""
    address: str | None
    """The IP address it was settled at."""


class Round(Record, frozen=True, kw_only=True):
    """One visit of a whole site, from its seeds until nothing of it is left to do."""

    site: str
    number: int
    """Counted from 1; 0: none has begun yet."""
    began_at: float
    """Epoch seconds."""
    interval: float
    """Seconds from this beginning to the next one that was intended when it began."""
    pages: int
    """Accepted in this round."""
    pictures: int
    """Accepted in this round."""
    open: int
    """Targets of the site pending or under way."""


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
