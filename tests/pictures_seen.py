"""Makes `ImageSeen` records: pictures that never were, each different and always the same."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from crawler.contract.digesting import keyed_digest
from crawler.contract.records import Country, Digests, Fetch, ImageSeen, Looks, Origin, Peer

DIGEST_KEY = bytes(range(32))
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def hash_of(name: str, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, name.encode(), usedforsecurity=False).hexdigest()


def flipped(value: str, bits: Sequence[int]) -> str:
    """The 256-bit hash with these bits turned over."""
    number = int(value, 16)
    for bit in bits:
        number ^= 1 << bit
    return f"{number:064x}"


def picture_seen(
    name: str,
    *,
    at: str | None = None,
    minute: int = 0,
    pdq: str | None = None,
    quality: int = 100,
    turned: Sequence[str] = (),
    decoded: bool = True,
) -> ImageSeen:
    """The picture called `name`, seen at the address `at` (one of its own), some minutes after noon."""
    address = at or f"address of {name}"
    return ImageSeen(
        sighting_id=keyed_digest(DIGEST_KEY, "sighting", address, str(minute)),
        item_digest=keyed_digest(DIGEST_KEY, "item", address),
        page_digest=keyed_digest(DIGEST_KEY, "page", address),
        sealed_address=base64.urlsafe_b64encode(hashlib.shake_256(address.encode()).digest(99)).decode(),
        origin=Origin(host="pictures.example", site="example", site_type="image_host"),
        peer=Peer(ip="192.0.2.7", port=443, country=Country(code="NL", source="test", as_of="2026-03-01")),
        fetch=Fetch(at=NOON + timedelta(minutes=minute), status=200, media_type="image/jpeg", size=1000),
        digests=Digests(md5=hash_of(name, "md5"), sha1=hash_of(name, "sha1"), sha256=hash_of(name)),
        looks=Looks(
            width=640,
            height=480,
            pdq=pdq or hash_of(f"looks of {name}"),
            pdq_quality=quality,
            pdq_dihedral=tuple(turned),
            phash="0" * 16,
            dhash="0" * 16,
        )
        if decoded
        else None,
        undecoded=None if decoded else "undecodable",
    )
