"""The frontier port: which address may be fetched next, by whom, and what became of it.

Everything handed out is a *lease*. It ends exactly once: completed, released for later, or failed; when its
holder dies it expires and the target is handed out again. Every method is idempotent and safe to repeat after
an unclear answer. Adapters: SQLite (one machine) and Redis (many).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from crawler.contract.reasons import Reason
from crawler.contract.struct import Record

Fingerprint = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""The first 64 bits of Scrapy's request fingerprint, signed, big-endian."""

TargetKind = Literal["page", "picture"]

PRIORITY_REPORT = 0
PRIORITY_PICTURE = 10
PRIORITY_PAGE = 20
PRIORITY_REVISIT = 30


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
    found: TargetKind | None = None
    """What it turned out to be, for the counts; None: what it was taken for."""
    links: Mapping[Reason, int] = {}
    """Links of this page that were not followed, by reason."""


class Completion(Record, frozen=True, kw_only=True):
    """The end of a lease, with the links that came of it."""

    lease_id: str
    outcome: Outcome
    children: tuple[Target, ...] = ()


class Count(Record, frozen=True, kw_only=True):
    """How many targets (or links) of a site ended in one way."""

    site: str
    kind: Literal["page", "picture", "link"]
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


class Frontier(Protocol):
    """Thread-safe. Each method raises `UnavailableError` when the store does not answer, having lost nothing."""

    def add(self, targets: Sequence[Target]) -> int:
        """Accept targets whose fingerprint was never accepted before (or that are forced). Returns how many."""

    def lease(self, worker: str, *, limit: int, per_host: int) -> Sequence[Lease]:
        """Hand out up to `limit` due targets, at most `per_host` of one host at a time.

        A host belongs to one worker while that worker has leases of it: nobody else is given any, so the
        worker alone keeps the pace. Once they have all ended the host rests for the last target's `gap`.
        Within a host: lowest priority first, then oldest.
        """

    def complete(self, completions: Sequence[Completion]) -> int:
        """End leases, count their outcomes and add their children, each lease in one atomic step.

        A lease that ended before or is not known any more changes nothing, but its children are still
        accepted (they are deduplicated like any others). Returns how many ended by this call.
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
        """Whether anything is pending, due or not, or leased by anyone."""

    def stats(self) -> FrontierStats:
        """Counts as of now. Costs as much as the number of sites, not of targets."""

    def close(self) -> None:
        """Let go of connections. Leases stay; they expire."""
