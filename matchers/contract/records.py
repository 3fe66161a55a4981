"""Matches, hits, evidence and sightings: what a matcher finds out and stores. Reviews are the desk's."""

from typing import Annotated, Literal

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.records import Origin, Peer, UtcTime
from crawler.contract.struct import Record

ExactAlgorithm = Literal["md5", "sha1", "sha256"]
Algorithm = Literal["md5", "sha1", "sha256", "pdq"]


class KnownEntry(Record, frozen=True, kw_only=True):
    """One hash of one list, with its provenance. Its repr hides the hash."""

    algorithm: Algorithm
    value: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32,64}$")]
    """Lower-case hex."""
    list: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    list_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The entry's own name in its list; where the list gives none, one made from its keyed digest."""
    category: str | None = None
    """As the list has it; what it means is the operator's mapping."""
    source: str | None = None

    def __repr__(self) -> str:
        return f"KnownEntry({self.list}:{self.list_id}, {self.algorithm}, hash hidden)"


class Match(Record, frozen=True, kw_only=True):
    """One entry of the known set that a picture matches."""

    algorithm: Algorithm
    distance: Annotated[int, msgspec.Meta(ge=0, le=256)]
    """Bits; 0 for exact digests."""
    list: str
    list_id: str
    category: str | None = None
    source: str | None = None
    turned: str | None = None
    """Which of `DIHEDRAL` matched; None for the picture as it is."""


class Evidence(Record, frozen=True, kw_only=True):
    """Why a hit is a hit: one match of one version of the picture. Append-only."""

    id: KeyedDigest
    """Of hit, entry and the picture's sha256: found again, it is the same evidence."""
    hit_id: KeyedDigest
    picture: KeyedDigest
    """Of the picture's sha256: the same picture elsewhere has the same."""
    match: Match
    pdq_quality: Annotated[int, msgspec.Meta(ge=0, le=100)] | None
    known_version: Annotated[int, msgspec.Meta(ge=0)]
    """Which version of the known set said so."""
    seen_at: UtcTime
    """When the picture that matched was fetched."""


class Sighting(Record, frozen=True, kw_only=True):
    """The hit's picture was there at that time. Append-only."""

    id: KeyedDigest
    hit_id: KeyedDigest
    at: UtcTime
    status: int
    ip: str


class Hit(Record, frozen=True, kw_only=True):
    """An item (an address, and a path inside an archive) at which known material was found."""

    id: KeyedDigest
    """`ImageSeen.item_digest`."""
    sealed_address: SealedAddress
    page_digest: KeyedDigest | None
    origin: Origin
    peer: Peer
    media_type: str | None
    width: int | None
    height: int | None


class Found(Record, frozen=True, kw_only=True):
    """All that one `ImageSeen` with at least one match leads to; stored together."""

    hit: Hit
    evidence: tuple[Evidence, ...]
    sighting: Sighting


class StoredHit(Record, frozen=True, kw_only=True):
    """A hit as the store tells of it, with what its evidence and sightings add up to."""

    hit: Hit
    evidence: tuple[Evidence, ...]
    """Best first: exact before near, then by distance."""
    first_seen: UtcTime
    last_seen: UtcTime
    sightings: int


class CoverageFigure(Record, frozen=True, kw_only=True):
    """How many of a site's or report's targets ended in one way, as of a day: what dashboards draw coverage from."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    """Of all that follows but count and time: a later figure of the same day takes the place of an earlier one."""
    day: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """UTC."""
    at: UtcTime
    scope: str
    """A site's name or a report's id."""
    scope_kind: Literal["site", "report"]
    kind: str
    """What is counted: page, picture, archive, video, inside, link; or `targets` for known, pending, leased, lost."""
    outcome: str
    """fetched, skipped, failed; or known, pending, leased, lost."""
    reason: str | None
    count: int
