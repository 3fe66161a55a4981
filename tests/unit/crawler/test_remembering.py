"""What was fetched is remembered, and seen again without its bytes."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey
from PIL import Image
from scrapy.http.headers import Headers

from crawler.contract.frontier import FoundKind, Lease, Outcome, Target, Visit
from crawler.contract.reasons import Reason
from crawler.contract.records import Country, Digests, Looks, Peer, Preparation, Prepared
from crawler.contract.sites import SiteProfile
from crawler.fetching.describing import image_seen
from crawler.fetching.memories import Remembered, RememberedPicture, packed, unpacked
from crawler.fetching.picture import FetchedPicture, HashedPicture
from crawler.fetching.remembering import Memory, conditions, date_of, pictures_again, remembered_of
from crawler.hashing import Hashed, HashingTable, hash_picture
from crawler.hashing.looks import Limits
from crawler.sealing import Sealer
from crawler.shared import SharedCache, Veiled
from crawler.shared.sqlite import SqliteShared
from tests.photographs import encoded
from tests.ports.frontier.stores import Hands

NOW = 1_700_000_000.0
NOW_IN_WORDS = datetime.fromtimestamp(NOW, UTC)
DAY = 86_400.0
KEY = sha256(b"tests").digest()
LIMITS = HashingTable().limits
PHOTOGRAPH = encoded(Image.linear_gradient("L"), "JPEG")
TARGET = Target(fingerprint=1, url="https://host.example/1.jpg", host="host.example", site="s", kind="picture")
REVISIT = msgspec.structs.replace(TARGET, visit=Visit(interval=60))
PAGE = msgspec.structs.replace(REVISIT, url="https://host.example/list", kind="page")
PEER = Peer(ip="192.0.2.1", port=80, country=Country(code="NL", source="tests", as_of="2026-01-01"))
OTHER_PEER = Peer(ip="192.0.2.2", port=80, country=Country(code="NL", source="tests", as_of="2026-01-01"))
STRONG = {"ETag": '"abc-1"'}
PICTURE = Outcome(kind="fetched", found="picture")


def hashed_picture(
    body: bytes = PHOTOGRAPH, *, truncated: bool = False, path_inside: str | None = None, hashed: Hashed | None = None
) -> HashedPicture:
    fetched = FetchedPicture(
        body,
        lease=Lease(id="1", target=TARGET, expires_at=1),
        peer=PEER,
        at=datetime.fromtimestamp(NOW, UTC),
        status=200,
        media_type="image/jpeg",
        truncated=truncated,
        path_inside=path_inside,
    )
    return HashedPicture(fetched, hashed or hash_picture(body, LIMITS))


def remembered(headers: dict[str, str], *pictures: HashedPicture, outcome: Outcome = PICTURE) -> Remembered | None:
    return remembered_of(pictures or (hashed_picture(),), Headers(headers), outcome=outcome, now=NOW)


def a_picture() -> Remembered:
    found = remembered(STRONG)
    assert found is not None
    return found


def dates(*, modified_before: float, date: bool = True) -> dict[str, str]:
    headers = {"Last-Modified": formatdate(NOW - modified_before, usegmt=True)}
    return {**headers, "Date": formatdate(NOW, usegmt=True)} if date else headers


def test_a_picture_seen_again_is_the_same_item_with_the_same_hashes_and_a_sighting_of_its_own() -> None:
    sealer = Sealer(bytes(PrivateKey.generate().public_key))
    first = image_seen(hashed_picture(), sealer=sealer, digest_key=KEY, site_type="forum")
    lease = Lease(id="2", target=REVISIT, expires_at=1)
    later = datetime.fromtimestamp(NOW + DAY, UTC)
    (picture,) = pictures_again(a_picture(), lease=lease, peer=OTHER_PEER, at=later, status=304)
    again = image_seen(picture, sealer=sealer, digest_key=KEY, site_type="forum")
    assert (again.item_digest, again.digests, again.looks) == (first.item_digest, first.digests, first.looks)
    assert again.sighting_id != first.sighting_id
    assert (again.fetch.at, again.fetch.status, again.peer) == (later, 304, OTHER_PEER)
    assert (again.fetch.size, again.fetch.media_type) == (len(PHOTOGRAPH), "image/jpeg")


def test_all_that_was_inside_is_seen_again() -> None:
    paths = ["a/1.jpg", "a/2.jpg"]
    pictures = [hashed_picture(path_inside=path) for path in paths]
    inside = {None: 1, Reason.UNDECODABLE: 1}
    found = remembered(STRONG, *pictures, outcome=Outcome(kind="fetched", found="archive", inside=inside))
    assert found is not None
    assert found.inside == inside
    again = pictures_again(
        found, lease=Lease(id="2", target=REVISIT, expires_at=1), peer=PEER, at=NOW_IN_WORDS, status=304
    )
    assert [picture.path_inside for picture in again] == paths


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        (STRONG, {"If-None-Match": '"abc-1"'}),
        ({"etag": ' "" '}, {"If-None-Match": '""'}),
        (dates(modified_before=DAY), {"If-Modified-Since": "Mon, 13 Nov 2023 22:13:20 GMT"}),
        (dates(modified_before=DAY, date=False), {"If-Modified-Since": "Mon, 13 Nov 2023 22:13:20 GMT"}),
        (
            {**STRONG, **dates(modified_before=DAY)},
            {"If-None-Match": '"abc-1"', "If-Modified-Since": "Mon, 13 Nov 2023 22:13:20 GMT"},
        ),
        ({"ETag": 'W/"abc"', **dates(modified_before=DAY)}, {"If-Modified-Since": "Mon, 13 Nov 2023 22:13:20 GMT"}),
    ],
)
def test_a_picture_is_asked_for_by_what_its_server_gave(headers: dict[str, str], asked: dict[str, str]) -> None:
    found = remembered(headers)
    assert found is not None
    assert conditions(found) == asked


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"weak"'},
        {"ETag": "unquoted"},
        {"ETag": '"two", "of them"'},
        {"ETag": '"' + "x" * 5_000 + '"'},
        {"ETag": '"\u00e9"'},
        {"Last-Modified": "yesterday"},
        {"Last-Modified": "Mon, 99 Nov 2023 22:13:20 GMT"},
        dates(modified_before=5),
        dates(modified_before=-DAY),
    ],
)
def test_what_cannot_vouch_for_the_very_bytes_is_not_remembered_of_a_picture(headers: dict[str, str]) -> None:
    assert remembered(headers) is None


def test_a_page_needs_a_weak_validator_only() -> None:
    outcome = Outcome(kind="fetched", found="page")
    found = remembered_of((), Headers({"ETag": 'W/"weak"'}), outcome=outcome, now=NOW)
    assert found is not None
    assert conditions(found) == {"If-None-Match": 'W/"weak"'}


@pytest.mark.parametrize("reason", [Reason.OVER_BUDGET, Reason.NEAR_IDENTICAL, Reason.CALENDAR])
def test_a_page_with_links_left_for_later_is_read_again(reason: Reason) -> None:
    outcome = Outcome(kind="fetched", found="page", links={reason: 1, Reason.OUTSIDE_SITES: 3})
    assert remembered_of((), Headers(STRONG), outcome=outcome, now=NOW) is None


@pytest.mark.parametrize(
    "reason", [Reason.DECODE_TIMEOUT, Reason.DECODE_MEMORY, Reason.HASHER_DIED, Reason.TRUNCATED, Reason.EMPTY]
)
def test_what_might_go_better_next_time_is_not_remembered(reason: Reason) -> None:
    picture = hashed_picture(hashed=Hashed(digests=hash_picture(b"", LIMITS).digests, undecoded=reason))
    assert remembered(STRONG, picture) is None
    assert remembered(STRONG, outcome=Outcome(kind="failed", found="picture", reason=reason)) is None


def test_what_broke_off_is_not_remembered() -> None:
    assert remembered(STRONG, hashed_picture(truncated=True)) is None


def test_what_can_never_be_decoded_is_remembered_with_its_reason() -> None:
    undecodable = Hashed(digests=hash_picture(b"", LIMITS).digests, undecoded=Reason.UNDECODABLE)
    outcome = Outcome(kind="failed", found="picture", reason=Reason.UNDECODABLE)
    found = remembered(STRONG, hashed_picture(hashed=undecodable), outcome=outcome)
    assert found is not None
    assert found.pictures[0].hashed == undecodable


def test_an_archive_of_which_a_part_failed_is_opened_again() -> None:
    outcome = Outcome(kind="fetched", found="archive", inside={None: 1, Reason.ARCHIVE_LOCKED: 1})
    assert remembered(STRONG, outcome=outcome) is None


def test_very_many_pictures_are_not_remembered() -> None:
    outcome = Outcome(kind="fetched", found="archive", inside={None: 1_000})
    assert remembered(STRONG, *[hashed_picture(b"x")] * 1_000, outcome=outcome) is None


@given(st.text(max_size=100))
def test_no_header_breaks_the_reading_of_dates(text: str) -> None:
    assert date_of(text) is None or isinstance(date_of(text), float)


def test_nothing_remembered_shows_in_a_log() -> None:
    told = repr(a_picture()) + repr(a_picture().pictures[0])
    assert "abc-1" not in told
    assert a_picture().pictures[0].hashed.digests.sha256 not in told


# ---- the short form


def hexes(length: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=length, max_size=length).map(bytes.hex)


texts = st.text(max_size=30)
turned = st.sampled_from([0, 7]).flatmap(lambda n: st.tuples(*[hexes(32)] * n))
how: st.SearchStrategy[Preparation] = st.sampled_from(["reduced_512", "squeezed_512"])
preparations = st.builds(Prepared, how=how, pdq=hexes(32), pdq_quality=st.integers(0, 100), pdq_dihedral=turned)
looks = st.builds(
    Looks,
    width=st.integers(1, 2**31),
    height=st.integers(1, 2**31),
    frame=st.integers(0, 10_000),
    pdq=hexes(32),
    pdq_quality=st.integers(0, 100),
    pdq_dihedral=turned,
    prepared=st.lists(preparations, max_size=2).map(tuple),
    phash=hexes(8),
    dhash=hexes(8),
)
digests = st.builds(Digests, md5=hexes(16), sha1=hexes(20), sha256=hexes(32))
hashed_ones = st.one_of(
    st.builds(Hashed, digests=digests, looks=looks),
    st.builds(Hashed, digests=digests, undecoded=st.sampled_from(Reason)),
)
remembered_pictures = st.builds(
    RememberedPicture,
    path_inside=st.none() | texts,
    media_type=st.none() | texts,
    size=st.integers(0, 2**40),
    hashed=hashed_ones,
)
founds: st.SearchStrategy[FoundKind] = st.sampled_from(["page", "picture", "archive", "video"])


@given(
    st.builds(
        Remembered,
        found=founds,
        etag=st.none() | texts,
        last_modified=st.none() | texts,
        pictures=st.lists(remembered_pictures, max_size=3).map(tuple),
        inside=st.dictionaries(st.none() | st.sampled_from(Reason), st.integers(0, 2**31), max_size=3),
    )
)
def test_the_short_form_says_the_same(whole: Remembered) -> None:
    assert unpacked(packed(whole)) == whole


@given(st.binary(max_size=100))
def test_another_versions_form_is_nothing(kept: bytes) -> None:
    assert unpacked(kept) is None or isinstance(unpacked(kept), Remembered)


def test_a_picture_takes_less_than_half_a_kilobyte() -> None:
    both = remembered({**STRONG, **dates(modified_before=DAY)})
    assert both is not None
    assert len(packed(both)) < 512


# ---- over the shared store


class World:
    """A shared store with a clock, and crawlers on it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hands()
        self.store = SqliteShared(folder / "shared.sqlite", self.clock)
        self.executor = ThreadPoolExecutor(1)
        self.profile = SiteProfile(name="s", type="forum", hosts=("host.example",))

    def remember(self, target: Target, what: Remembered, *, days: float = 90) -> None:
        async def story() -> None:
            memory, cache = self._memory(days)
            memory.remember(target, what)
            await cache.flush()

        asyncio.run(story())

    def recall(self, target: Target, *, days: float = 90, limits: Limits = LIMITS) -> Remembered | None:
        async def story() -> Remembered | None:
            memory, _ = self._memory(days, limits)
            return await memory.recall(target)

        return asyncio.run(story())

    def forget(self, target: Target) -> None:
        asyncio.run(self._memory(90)[0].forget(target))

    def close(self) -> None:
        self.executor.shutdown()
        self.store.close()

    def _memory(self, days: float, limits: Limits = LIMITS) -> tuple[Memory, SharedCache]:
        cache = SharedCache(Veiled(self.store, KEY, "memory"), self.executor)
        return Memory(cache, {"s": self.profile}, limits, days=days), cache


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def a_page() -> Remembered:
    return Remembered(found="page", etag='"p"')


def test_another_crawler_recalls_what_one_remembered(world: World) -> None:
    world.remember(TARGET, a_picture())
    world.remember(PAGE, a_page())
    assert world.recall(REVISIT) == a_picture()
    assert world.recall(PAGE) == a_page()


def test_only_what_may_have_been_fetched_before_is_looked_up(world: World) -> None:
    world.remember(TARGET, a_picture())
    assert world.recall(TARGET) is None
    assert world.recall(msgspec.structs.replace(TARGET, report_id="r1")) == a_picture()
    assert world.recall(msgspec.structs.replace(TARGET, force=True)) == a_picture()


def test_a_reports_page_is_always_read_in_full(world: World) -> None:
    world.remember(PAGE, a_page())
    assert world.recall(msgspec.structs.replace(PAGE, visit=None, report_id="r1")) is None


def test_a_picture_is_fetched_in_full_after_so_many_days_and_a_page_after_a_week(world: World) -> None:
    world.remember(TARGET, a_picture())
    world.remember(PAGE, a_page())
    world.clock.now += 6.9 * DAY
    assert world.recall(PAGE) == a_page()
    world.clock.now += 0.2 * DAY
    assert world.recall(PAGE) is None
    world.clock.now += 82 * DAY
    assert world.recall(REVISIT) == a_picture()
    world.clock.now += DAY
    assert world.recall(REVISIT) is None


def test_with_no_days_nothing_is_remembered(world: World) -> None:
    world.remember(TARGET, a_picture(), days=0)
    assert world.recall(REVISIT) is None
    world.remember(TARGET, a_picture())
    assert world.recall(REVISIT, days=0) is None


def test_what_would_be_hashed_otherwise_now_is_not_recalled(world: World) -> None:
    world.remember(TARGET, a_picture())
    assert world.recall(REVISIT, limits=msgspec.structs.replace(LIMITS, dihedral=not LIMITS.dihedral)) is None


def test_a_page_that_would_be_read_otherwise_now_is_not_recalled_but_pictures_are(world: World) -> None:
    world.remember(PAGE, a_page())
    world.remember(TARGET, a_picture())
    world.profile = msgspec.structs.replace(world.profile, page_links=("x",))
    assert world.recall(PAGE) is None
    assert world.recall(REVISIT) == a_picture()


def test_what_is_forgotten_is_fetched_in_full(world: World) -> None:
    world.remember(TARGET, a_picture())
    world.forget(TARGET)
    assert world.recall(REVISIT) is None


def test_a_stolen_store_tells_neither_addresses_nor_hashes(world: World, tmp_path: Path) -> None:
    world.remember(TARGET, a_picture())
    world.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    digests = a_picture().pictures[0].hashed.digests
    for secret in (b"host.example", b"abc-1", digests.sha256.encode(), bytes.fromhex(digests.sha256)):
        assert secret not in kept
