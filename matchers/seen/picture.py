"""All that is needed to tell of a picture again when it is found to be known later. No hash of it, no clear address."""

import base64
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from crawler.contract.addresses import KeyedDigest, SealedAddress
from crawler.contract.digesting import keyed_digest
from crawler.contract.records import ImageSeen, Origin, Peer, Preparation, UtcTime
from crawler.contract.struct import Record

_LEVEL: Final = 1
"""zlib's fastest: most of a row is sealed and does not get any smaller; what repeats, this finds as well."""


class SeenPicture(Record, frozen=True, kw_only=True):
    """A picture that was seen once, as hits are made of it."""

    picture: KeyedDigest
    """Of its sha256: the same picture elsewhere has the same."""
    item_digest: KeyedDigest
    sighting_id: KeyedDigest
    page_digest: KeyedDigest | None
    sealed_address: SealedAddress
    origin: Origin
    peer: Peer
    at: UtcTime
    status: int
    media_type: str | None
    width: int | None
    height: int | None
    quality: int | None
    """PDQ's, at full resolution; None when the picture could not be decoded."""
    prepared_quality: dict[Preparation, int] = msgspec.field(default_factory=dict)
    """PDQ's, after each preparation."""

    def quality_of(self, prepared: Preparation | None) -> int | None:
        """PDQ's quality of this preparation; None for full resolution."""
        return self.quality if prepared is None else self.prepared_quality.get(prepared)


def remembered(seen: ImageSeen, digest_key: bytes) -> SeenPicture:
    """What stays of a picture."""
    looks = seen.looks
    return SeenPicture(
        picture=keyed_digest(digest_key, "picture", seen.digests.sha256),
        item_digest=seen.item_digest,
        sighting_id=seen.sighting_id,
        page_digest=seen.page_digest,
        sealed_address=seen.sealed_address,
        origin=seen.origin,
        peer=seen.peer,
        at=seen.fetch.at,
        status=seen.fetch.status,
        media_type=seen.fetch.media_type,
        width=looks.width if looks else None,
        height=looks.height if looks else None,
        quality=looks.pdq_quality if looks else None,
        prepared_quality={each.how: each.pdq_quality for each in looks.prepared} if looks else {},
    )


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A picture on disk: what is text only because JSON has no bytes is bytes here."""

    names: bytes
    """The keyed digests, 16 bytes each: picture, item, sighting and, if there is one, page."""
    sealed: bytes
    origin: Origin
    peer: Peer
    at: datetime
    status: int
    media_type: str | None
    width: int | None
    height: int | None
    quality: int | None
    prepared_quality: dict[Preparation, int]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[_Row])


def pack(pictures: Sequence[SeenPicture]) -> bytes:
    """These pictures, in their order, compressed."""
    return zlib.compress(_ENCODER.encode([_row(each) for each in pictures]), _LEVEL)


def unpack(packed: bytes) -> list[SeenPicture]:
    """What `pack` made, as it was."""
    return [_picture(row) for row in _DECODER.decode(zlib.decompress(packed))]


def _row(each: SeenPicture) -> _Row:
    return _Row(
        names=bytes.fromhex(each.picture + each.item_digest + each.sighting_id + (each.page_digest or "")),
        sealed=base64.urlsafe_b64decode(each.sealed_address + "=" * (-len(each.sealed_address) % 4)),
        origin=each.origin,
        peer=each.peer,
        at=each.at,
        status=each.status,
        media_type=each.media_type,
        width=each.width,
        height=each.height,
        quality=each.quality,
        prepared_quality=each.prepared_quality,
    )


def _picture(row: _Row) -> SeenPicture:
    names = row.names.hex()
    return SeenPicture(
        picture=names[:32],
        item_digest=names[32:64],
        sighting_id=names[64:96],
        page_digest=names[96:] or None,
        sealed_address=base64.urlsafe_b64encode(row.sealed).decode("ascii"),
        origin=row.origin,
        peer=row.peer,
        at=row.at,
        status=row.status,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        quality=row.quality,
        prepared_quality=row.prepared_quality,
    )
