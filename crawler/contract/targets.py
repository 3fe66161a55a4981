"""What the frontier takes in and hands out: targets, leases of them, and how each lease ended."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record

Fingerprint = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""The first 64 bits of Scrapy's request fingerprint, signed, big-endian."""

TargetKind = Literal["page", "picture"]

FoundKind = Literal["page", "picture", "archive", "video"]
"""What a target turned out to be."""

CountedKind = Literal["page", "picture", "archive", "video", "inside", "link"]
"""What is counted: targets by what they turned out to be, pictures inside of those, and links not followed."""

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
