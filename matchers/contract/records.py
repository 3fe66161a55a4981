"""Matches, hits, evidence and sightings: what a matcher finds out and stores. Reviews are the desk's."""

from typing import Annotated, Literal

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.records import Origin, Peer, Preparation, UtcTime
from crawler.contract.struct import Record

ExactAlgorithm = Literal["md5", "sha1", "sha256"]
NearAlgorithm = Literal["pdq", "phash", "dhash"]
Algorithm = Literal["md5", "sha1", "sha256", "pdq", "phash", "dhash"]
"""phash and dhash come only from a hotline's own material (`zoeklicht known hash`): no list bears them."""
Meaning = Literal["baseline", "national", "illegal"]
"""What a list's category means, as the operator maps it: illegal by the international baseline, under national law
only, or illegal without saying which of the two."""
HeldApart = Literal["low_quality", "support_only", "flood"]
"""Why a match is kept, but not put into the analysts' queue: the picture's PDQ quality is too low to say much; only
pHash or dHash match, which support a hit and make none; the entry suddenly matches so much that a person must look at
it first."""
Withdrawn = Literal["disabled", "retracted"]
"""An operator switched the entry off, or its list took it back."""
HitStanding = Literal["open", "apart", "withdrawn"]
"""`open`: at least one match that counts. `apart`: all that is left is held apart. `withdrawn`: nothing is left."""


class KnownEntry(Record, frozen=True, kw_only=True):
    """One hash of one list, with its provenance. Its repr hides the hash."""

    algorithm: Algorithm
    value: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16,64}$")]
    """Lower-case hex."""
    list: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    list_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The entry's own name in its list; where the list gives none, one made from its keyed digest."""
    category: str | None = None
    """As the list has it; what it means is the operator's mapping."""
    source: str | None = None
    dated: UtcTime | None = None
    """When the list says that the entry was made or last changed."""

    def __repr__(self) -> str:
        return f"KnownEntry({self.list}:{self.list_id}, {self.algorithm}, hash hidden)"


class Provenance(Record, frozen=True, kw_only=True):
    """Where an entry of the known set comes from and how it stands. Holds no hash."""

    algorithm: Algorithm
    list: str
    list_id: str
    category: str | None = None
    meaning: Meaning | None = None
    """None where the list has no categories."""
    source: str | None = None
    dated: UtcTime | None = None
    list_version: str | None = None
    """As the list calls the version that last named this entry; None where it names none."""
    disputed: bool = False
    """Lists that hold the same hash disagree about what it means."""
    withdrawn: Withdrawn | None = None
    flooding: bool = False


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
    prepared: Preparation | None = None
    """Which preparation of the picture matched (see `Looks.prepared`); None for full resolution."""
    meaning: Meaning | None = None
    list_version: str | None = None
    disputed: bool = False
    held_apart: HeldApart | None = None


class Answer(Record, frozen=True, kw_only=True):
    """What the known set says about a batch of pictures."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    """Of the set that answered."""
    matches: tuple[tuple[Match, ...], ...]
    """For each picture, in their order, its matches, best first."""


class Evidence(Record, frozen=True, kw_only=True):
    """Why a hit is a hit: one match of one version of the picture. Append-only."""

    id: KeyedDigest
    """Of hit, entry and `picture`: found again, it is the same evidence."""
    hit_id: KeyedDigest
    picture: KeyedDigest
    """Of the picture's sha256: the same picture elsewhere has the same."""
    match: Match
    pdq_quality: Annotated[int, msgspec.Meta(ge=0, le=100)] | None
    known_version: Annotated[int, msgspec.Meta(ge=0)]
    """Which version of the known set said so."""
    seen_at: UtcTime
    """When the picture that matched was fetched."""
    withdrawn: Withdrawn | None = None
    """The entry that this rests on has been taken back since. Brought up to date by `HitStore.restate`."""


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
    standing: HitStanding = "open"
    reopened_at: UtcTime | None = None
    """When the last of what it rested on was withdrawn, so that people must look again; None while any is left."""


class Restated(Record, frozen=True, kw_only=True):
    """From a version of the known set on, entries stand otherwise: what rests on them must be looked at again."""

    list: str
    list_id: str | None
    """None: every entry of the list."""
    algorithm: Algorithm | None
    """None: of every algorithm."""
    withdrawn: Withdrawn | None
    """None: the entry counts (again)."""
    flooding: bool
    """Its matches are held apart."""
    at: UtcTime
    version: Annotated[int, msgspec.Meta(ge=0)]


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
