"""Records of pictures that never were, each another, as crawlers publish them: eight views, no two alike."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import numpy as np

from crawler.contract.records import Country, Digests, Fetch, ImageSeen, Looks, Origin, Peer

DIGEST_KEY: Final = bytes(range(32))
VEIL_KEY: Final = bytes(range(32, 64))
_NOON: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_ENCODER: Final = msgspec.json.Encoder()
_SEALED_BYTES: Final = 210
"""An address, its page's, and a chain of two."""
VIEWS: Final = 8
PLANTED_EVERY: Final = 1_000


def balanced(chance: np.random.Generator, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Random codes of 32 bytes, half of whose bits are set, as of any PDQ hash."""
    row = np.repeat(np.array([0, 1], np.uint8), 128)
    return np.packbits(chance.permuted(np.tile(row, (count, 1)), axis=1), axis=1)


def messages(count: int, *, seed: int, planted: list[str]) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each; every thousandth picture is one of `planted` (PDQ, hex) but for nine bits."""
    chance = np.random.default_rng(seed)
    views: list[bytes] = []
    for number in range(count):
        if number % 1_000 == 0:
            views = [each.tobytes() for each in balanced(chance, 1_000 * VIEWS)]
        of_it = [each.hex() for each in views[VIEWS * (number % 1_000) :][:VIEWS]]
        if planted and number % PLANTED_EVERY == PLANTED_EVERY // 2:
            of_it[0] = f"{int(planted[number % len(planted)], 16) ^ 0b1_1111_1111:064x}"
        noise = chance.bytes(_SEALED_BYTES + 200)
        seen = ImageSeen(
            sighting_id=noise[:16].hex(),
            item_digest=noise[16:32].hex(),
            page_digest=noise[32:48].hex(),
            sealed_address=base64.urlsafe_b64encode(noise[200:]).decode(),
            origin=Origin(host=f"host{number % 40}.example", site="example", site_type="image_host"),
            peer=Peer(ip="192.0.2.7", port=443, country=Country(code="NL", source="test", as_of="2026-03-01")),
            fetch=Fetch(at=_NOON + timedelta(seconds=number), status=200, media_type="image/jpeg", size=100_000),
            digests=Digests(md5=noise[48:64].hex(), sha1=noise[64:84].hex(), sha256=noise[84:116].hex()),
            looks=Looks(
                width=1024,
                height=768,
                pdq=of_it[0],
                pdq_quality=100,
                pdq_dihedral=tuple(of_it[1:]),
                phash=noise[116:124].hex(),
                dhash=noise[124:132].hex(),
            ),
        )
        yield seen.digests.sha256.encode(), _ENCODER.encode(seen)
