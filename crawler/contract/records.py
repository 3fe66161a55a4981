"""`ImageSeen`: all that leaves the crawler about a picture. Hashes and a sealed address; never a pixel."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.struct import Record

IMAGES_SEEN = "images.seen.v1"
"""The topic of `ImageSeen` records. Key: the picture's sha256 in ASCII hex, so equal pictures meet one matcher."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Md5 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]
Sha1 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}$")]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Bits64 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
Bits256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
UtcTime = Annotated[datetime, msgspec.Meta(tz=True)]
Preparation = Literal["reduced_512", "squeezed_512"]
"""How a picture was made smaller before PDQ, other than not at all: its longer side reduced to 512 pixels, or both
sides squeezed to 512. Lists' hashes come from programs of all three kinds, and copies match best among their like."""
SiteType = Literal["image_host", "forum", "image_board", "file_host", "banner_site", "other"]


class Country(Record, frozen=True, kw_only=True):
    """Where an address is hosted, as one source had it on one day. Registry country is not server location."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")] | None
    """ISO 3166-1 alpha-2; None when undetermined."""
    source: Name
    as_of: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Origin(Record, frozen=True, kw_only=True):
    """On which site the picture was found, and from which report, if any."""

    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    site: Name
    site_type: SiteType
    report_id: Name | None = None


class Peer(Record, frozen=True, kw_only=True):
    """The server that answered: the address really connected to."""

    ip: Annotated[str, msgspec.Meta(min_length=2, max_length=45)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    country: Country
    asn: Annotated[int, msgspec.Meta(ge=0)] | None = None
    cdn: Name | None = None


class Fetch(Record, frozen=True, kw_only=True):
    """How the picture was fetched."""

    at: UtcTime
    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    media_type: Annotated[str, msgspec.Meta(max_length=200)] | None
    """As the server called it, without parameters."""
    size: Annotated[int, msgspec.Meta(ge=0)]
    """Bytes received; of a picture seen again with status 304, those of its last full fetch."""
    truncated: bool = False
    """The server closed before it had sent what it announced."""


class Digests(Record, frozen=True, kw_only=True):
    """Exact digests of the bytes as they were received, lower-case hex."""

    md5: Md5
    sha1: Sha1
    sha256: Sha256

    def __repr__(self) -> str:
        return "Digests(hidden)"


class Prepared(Record, frozen=True, kw_only=True):
    """PDQ of the picture after a preparation."""

    how: Preparation
    pdq: Bits256
    pdq_quality: Annotated[int, msgspec.Meta(ge=0, le=100)]
    pdq_dihedral: Annotated[tuple[Bits256, ...], msgspec.Meta(max_length=7)] = ()
    """As in `Looks`."""

    def __repr__(self) -> str:
        return f"Prepared({self.how}, quality={self.pdq_quality}, hashes hidden)"


class Looks(Record, frozen=True, kw_only=True):
    """What the picture looks like, in hashes. Absent as a whole when it could not be decoded."""

    width: Annotated[int, msgspec.Meta(ge=1)]
    height: Annotated[int, msgspec.Meta(ge=1)]
    frame: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Which frame of an animation."""
    pdq: Bits256
    """PDQ, 256 bits, in the byte order of the reference implementation's hex."""
    pdq_quality: Annotated[int, msgspec.Meta(ge=0, le=100)]
    pdq_dihedral: Annotated[tuple[Bits256, ...], msgspec.Meta(max_length=7)] = ()
    """PDQ of the other seven turns and flips, in the order of `DIHEDRAL`; empty when switched off."""
    prepared: Annotated[tuple[Prepared, ...], msgspec.Meta(max_length=2)] = ()
    """PDQ after the preparations that registered lists need, besides full resolution. One that leaves the picture as it
    is (both sides have 512 pixels or less) is left out: its PDQ is the one above."""
    phash: Bits64
    dhash: Bits64

    def __repr__(self) -> str:
        return f"Looks({self.width}x{self.height}, quality={self.pdq_quality}, hashes hidden)"


DIHEDRAL = (
    "rotated_90",
    "rotated_180",
    "rotated_270",
    "flipped_vertical",
    "flipped_horizontal",
    "transposed",
    "anti_transposed",
)
"""The names of `Looks.pdq_dihedral`, in order. Rotations are counter-clockwise; flipped_horizontal is a mirror."""


class ImageSeen(Record, frozen=True, kw_only=True, tag="image_seen.v1", tag_field="schema"):
    """One picture was fetched once. Published before its lease ends; the same fetch gives the same `sighting_id`."""

    sighting_id: KeyedDigest
    """Of url, path inside, frame and fetch time: a record delivered twice is the same sighting."""
    item_digest: KeyedDigest
    """Of url and path inside: what a hit is about."""
    page_digest: KeyedDigest | None
    sealed_address: SealedAddress
    origin: Origin
    peer: Peer
    fetch: Fetch
    media: Literal["picture", "video"] = "picture"
    """What the bytes are. A video has digests and no looks."""
    digests: Digests
    looks: Looks | None
    undecoded: Name | None = None
    """The `Reason` why `looks` is absent."""

    def __repr__(self) -> str:
        return f"ImageSeen(sighting_id={self.sighting_id}, site={self.origin.site!r})"
