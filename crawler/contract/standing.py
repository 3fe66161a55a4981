"""Where a crawl stands, as the frontier tells it: counts, coverage, reports' items, halts, hosts, rounds."""

from typing import Annotated, Literal

import msgspec

from crawler.contract.addresses import SealedAddress
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from crawler.contract.targets import CountedKind, Fingerprint, FoundKind

EVERYTHING = "*"
"""In place of a site's name: all sites."""


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
