"""Archives in the hashing processes: what each recipe leads to, and that nothing in one can hide the rest of it."""

import hashlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.hashing import HashingPool, HashingTable, Unpacked
from tests.hostile_archives import HOSTILE_ARCHIVES, PASSWORD, VILE_NAMES, photo, photos
from tests.hostile_pictures import HOSTILE, slow_picture
from tests.photographs import encoded
from tests.rar_archives import rar5
from zoeklicht.practice.packing import seven_zipped, tarred, zipped

PATIENCE_S = 120


@pytest.fixture(scope="module")
def pool() -> Iterator[HashingPool]:
    opened = HashingPool(HashingTable(workers=1))
    yield opened
    opened.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., HashingPool]]:
    pools: list[HashingPool] = []

    def open_pool(**table: object) -> HashingPool:
        pools.append(HashingPool(HashingTable(workers=1, **table)))  # type: ignore[arg-type]  # names of its keys
        return pools[-1]

    yield open_pool
    for each in pools:
        each.close()


def unpacked(pool: HashingPool, data: bytes, *passwords: str) -> Unpacked:
    return pool.submit_archive(data, passwords).result(PATIENCE_S)


@pytest.mark.parametrize("name", HOSTILE_ARCHIVES)
def test_each_archive_comes_to_what_it_must_and_costs_no_process(pool: HashingPool, name: str) -> None:
    recipe = HOSTILE_ARCHIVES[name]
    data = recipe.make()
    pool.submit(b"").result(PATIENCE_S)
    before = pool.pids
    found = unpacked(pool, data, "wrong", PASSWORD)
    hashed = [each for each in found.found if each.hashed.looks is not None]
    assert (len(hashed), found.reason, dict(found.passed)) == (recipe.pictures, recipe.reason, dict(recipe.passed))
    assert pool.pids == before


def test_pictures_inside_have_the_digests_and_looks_that_they_have_outside(pool: HashingPool) -> None:
    outside = {photo(number): pool.submit(photo(number)).result(PATIENCE_S) for number in range(3)}
    for pack in (zipped, tarred, seven_zipped, rar5):
        found = unpacked(pool, pack(photos(3)))
        assert [each.hashed for each in found.found] == list(outside.values())
        assert [each.path for each in found.found] == list(photos(3))
        assert [each.size for each in found.found] == [len(body) for body in outside]


def test_paths_inside_are_told_apart_printable_and_of_bounded_length(pool: HashingPool) -> None:
    found = unpacked(pool, HOSTILE_ARCHIVES["vile names"].make())
    paths = [each.path for each in found.found]
    assert len(set(paths)) == len(VILE_NAMES)
    assert all(path.isprintable() and len(path) <= 510 for path in paths)
    same = unpacked(pool, HOSTILE_ARCHIVES["three files of one name"].make())
    assert [each.path for each in same.found] == ["same.jpg", "same.jpg #2", "same.jpg #3"]


def test_a_path_leads_through_the_archives_within(pool: HashingPool) -> None:
    found = unpacked(pool, HOSTILE_ARCHIVES["an archive in an archive"].make())
    assert [each.path for each in found.found] == ["a/b.zip/album/0.jpg", "a/b.zip/album/1.jpg", "c.jpg"]


def test_pictures_that_cannot_be_decoded_are_told_with_their_reason_and_digests(pool: HashingPool) -> None:
    names = ["a JPEG cut at 10%", "a TIFF", "a PNG of 900 megapixels", "a JPEG with 40 broken bytes"]
    bodies = {name: HOSTILE[name].make() for name in names}
    found = unpacked(pool, zipped({**bodies, "z.jpg": photo()}))
    assert [each.hashed.undecoded for each in found.found] == [*(HOSTILE[name].reason for name in names), None]
    digests = [hashlib.sha256(body).hexdigest() for body in bodies.values()]
    assert [each.hashed.digests.sha256 for each in found.found[:-1]] == digests


def test_a_video_inside_has_digests_though_it_is_larger_than_a_picture_may_be(
    opened: Callable[..., HashingPool],
) -> None:
    film = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + os.urandom(3 * 2**20)
    found = unpacked(opened(archive_file_mb=1), tarred({"film.mp4": film, "1.jpg": photo()}))
    assert [each.hashed.undecoded for each in found.found] == [Reason.VIDEO, None]
    assert found.found[0].hashed.digests.sha256 == hashlib.sha256(film).hexdigest()
    assert found.found[0].size == len(film)


def test_a_slow_picture_costs_itself_and_not_the_archive(opened: Callable[..., HashingPool]) -> None:
    slow = slow_picture()
    found = unpacked(opened(seconds=1.5), zipped({"1.jpg": photo(1), "slow.jpg": slow, "2.jpg": photo(2)}))
    assert [each.hashed.undecoded for each in found.found] == [None, Reason.DECODE_TIMEOUT, None]
    assert found.found[1].hashed.digests.sha256 == hashlib.sha256(slow).hexdigest()
    assert found.reason is None


def test_a_process_that_is_killed_in_the_midst_costs_nothing(opened: Callable[..., HashingPool]) -> None:
    pool = opened(seconds=60.0)
    pool.submit(b"").result(PATIENCE_S)
    before = _seconds_used(pool.pids[0])
    slow = HOSTILE["a JPEG of 40 more scans"].make()
    future = pool.submit_archive(zipped({f"{number}.jpg": slow for number in range(4)}))
    deadline = time.monotonic() + PATIENCE_S
    while _seconds_used(pool.pids[0]) < before + 0.2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(pool.pids[0], signal.SIGKILL)
    found = future.result(PATIENCE_S)
    assert [each.hashed.undecoded for each in found.found] == [None] * 4
    assert len({each.path for each in found.found}) == 4


def test_an_archive_that_takes_too_long_altogether_gives_what_it_gave(opened: Callable[..., HashingPool]) -> None:
    slow = HOSTILE["a JPEG of 40 more scans"].make()
    files = {f"{number}.jpg": photo() if number == 0 else slow for number in range(20)}
    found = unpacked(opened(seconds=30.0, archive_seconds=1.5), zipped(files))
    assert found.reason is Reason.DECODE_TIMEOUT
    assert found.found[0].hashed.looks is not None
    assert len(found.found) < 20


def test_what_needs_more_memory_than_allowed_is_counted_as_such(opened: Callable[..., HashingPool]) -> None:
    large = HOSTILE["a progressive JPEG of 49 megapixels"].make()
    found = unpacked(opened(memory_mb=512), zipped({"1.jpg": large, "2.jpg": photo()}))
    assert [each.hashed.undecoded for each in found.found] == [Reason.DECODE_MEMORY, None]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"archive_files": 5}, Reason.ARCHIVE_TOO_MANY),
        ({"archive_mb": 1}, Reason.ARCHIVE_TOO_LARGE),
    ],
)
def test_limits_end_an_archive_and_are_told(
    opened: Callable[..., HashingPool], limit: dict[str, int], reason: Reason
) -> None:
    noise = {f"{number}.bmp": encoded_noise(number) for number in range(8)}
    found = unpacked(opened(**limit), tarred(noise))
    assert found.reason is reason
    assert 0 < len(found.found) < 8


def encoded_noise(number: int) -> bytes:
    return encoded(Image.effect_noise((300, 300), 10 + number).convert("RGB"), "BMP")


def test_a_full_queue_and_a_closed_pool_refuse_archives_too(opened: Callable[..., HashingPool]) -> None:
    pool = opened()
    pool.close()
    with pytest.raises(Exception, match="closed"):
        pool.submit_archive(b"")


def test_counts_of_one_archive_add_up(pool: HashingPool) -> None:
    files = {**photos(4), "cut.jpg": HOSTILE["a JPEG cut at 10%"].make(), "x.cab": b"MSCF\0\0\0\0" + bytes(500)}
    found = unpacked(pool, zipped(files))
    told = Counter(each.hashed.undecoded for each in found.found) + Counter(found.passed)
    assert told == {None: 4, Reason.TRUNCATED: 1, Reason.ARCHIVE_UNSUPPORTED: 1}


def _seconds_used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
