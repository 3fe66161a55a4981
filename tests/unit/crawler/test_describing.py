"""From a hashed picture to its record."""

import base64
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
from nacl.public import PrivateKey, SealedBox

from crawler.contract.addresses import Address
from crawler.contract.frontier import Lease, Target
from crawler.contract.reasons import Reason
from crawler.contract.records import Country, ImageSeen, Looks, Peer
from crawler.fetching.describing import MOST_CHAIN_CHARACTERS, image_seen, within
from crawler.fetching.picture import FetchedPicture, HashedPicture
from crawler.hashing import Hashed, HashingTable, hash_picture
from crawler.sealing import Sealer
from crawler.transport import decode, encode

KEY = sha256(b"tests").digest()
SEALER = Sealer(bytes(PrivateKey.generate().public_key))


def described(
    chain: tuple[str, ...],
    url: str = "http://host.example/1.jpg",
    at: float = 0,
    *,
    sealer: Sealer = SEALER,
    path_inside: str | None = None,
    hashed: Hashed | None = None,
) -> ImageSeen:
    target = Target(fingerprint=1, url=url, host="host.example", site="s", kind="picture", chain=chain)
    fetched = FetchedPicture(
        b"no picture",
        lease=Lease(id="1", target=target, expires_at=1),
        peer=Peer(ip="192.0.2.1", port=80, country=Country(code="NL", source="tests", as_of="2026-01-01")),
        at=datetime.fromtimestamp(at, UTC),
        status=200,
        media_type="image/jpeg",
        truncated=False,
        path_inside=path_inside,
    )
    picture = HashedPicture(fetched, hashed or hash_picture(fetched.body, HashingTable().limits))
    return image_seen(picture, sealer=sealer, digest_key=KEY, site_type="image_host")


def test_the_same_item_fetched_twice_is_one_item_and_two_sightings() -> None:
    first, second = described((), at=1), described((), at=2)
    assert first.item_digest == second.item_digest
    assert first.sighting_id != second.sighting_id


def test_another_address_is_another_item_whatever_the_page() -> None:
    page = ("http://host.example/",)
    assert described(page).page_digest == described(page, "http://host.example/2.jpg").page_digest
    assert described(page).item_digest != described(page, "http://host.example/2.jpg").item_digest


def test_pictures_inside_of_one_address_are_items_of_their_own() -> None:
    paths = (None, "a.zip/1.jpg", "a.zip/2.jpg")
    records = [described((), path_inside=path) for path in paths]
    assert len({record.item_digest for record in records}) == len(paths)
    assert len({record.sighting_id for record in records}) == len(paths)


def test_the_path_inside_is_sealed_with_the_address() -> None:
    secret = PrivateKey.generate()
    record = described((), sealer=Sealer(bytes(secret.public_key)), path_inside="folder/1.jpg")
    opened = SealedBox(secret).decrypt(base64.urlsafe_b64decode(record.sealed_address))
    assert msgspec.json.decode(opened, type=Address).path_inside == "folder/1.jpg"
    assert b"folder" not in encode(record)


def test_frames_of_one_picture_are_sightings_of_one_item() -> None:
    records = [described((), hashed=frame_of_an_animation(frame)) for frame in (0, 3)]
    assert len({record.item_digest for record in records}) == 1
    assert len({record.sighting_id for record in records}) == 2


def test_a_video_is_told_as_one() -> None:
    digests = hash_picture(b"a video", HashingTable().limits).digests
    record = described((), hashed=Hashed(digests=digests, undecoded=Reason.VIDEO))
    assert (record.media, record.undecoded) == ("video", "video")
    assert described(()).media == "picture"


def frame_of_an_animation(frame: int) -> Hashed:
    looks = Looks(width=8, height=8, frame=frame, pdq="0" * 64, pdq_quality=50, phash="0" * 16, dhash="0" * 16)
    return Hashed(digests=hash_picture(b"", HashingTable().limits).digests, looks=looks)


def test_a_very_long_way_to_a_picture_still_makes_a_valid_record() -> None:
    chain = tuple(f"http://host.example/{number}?" + "x" * 8_000 for number in range(60))
    record = described(chain)
    assert decode(encode(record)) == record


def test_a_chain_that_is_too_long_keeps_the_seed_and_the_last_pages() -> None:
    chain = tuple(f"page {number:02}" for number in range(10))
    assert within(chain, 1_000) == chain
    assert within(chain, 21) == ("page 00", "page 08", "page 09")
    assert sum(map(len, within(tuple("y" * 9_000 for _ in range(50)), MOST_CHAIN_CHARACTERS))) <= MOST_CHAIN_CHARACTERS
