import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matchers.contract.records import Found, Match
from matchers.floods import FloodsTable, FloodWatch, open_flood_watch
from matchers.match import findings
from tests.pictures_seen import DIGEST_KEY, NOON, picture_seen

NEAR = Match(algorithm="pdq", distance=20, list="a list", list_id="1")
EXACT = Match(algorithm="sha256", distance=0, list="a list", list_id="2")


class Clock:
    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Iterator[FloodWatch]:
    opened = open_flood_watch(FloodsTable(), tmp_path, clock, digest_key=DIGEST_KEY)
    yield opened
    opened.close()


def found(name: str, *matches: Match, host: str = "pictures.example", minute: int = 0, at: str | None = None) -> Found:
    seen = picture_seen(name, minute=minute, at=at)
    origin = msgspec.structs.replace(seen.origin, host=host)
    return findings(msgspec.structs.replace(seen, origin=origin), matches or [NEAR], 1, DIGEST_KEY)


def many(number: int, make: Callable[[int], Found]) -> list[Found]:
    return [make(each) for each in range(number)]


def batches(of: Sequence[Found], size: int = 256) -> Iterator[Sequence[Found]]:
    for begin in range(0, len(of), size):
        yield of[begin : begin + size]


def test_five_hundred_different_pictures_near_one_entry_are_a_flood(watch: FloodWatch) -> None:
    assert watch.note(many(499, lambda each: found(str(each)))) == []
    (flood,) = watch.note([found("one more")])
    assert (flood.list, flood.list_id, flood.algorithm, flood.pictures, flood.hosts) == ("a list", "1", "pdq", 500, 1)


def test_one_picture_copied_ten_thousand_times_on_one_host_is_no_flood(watch: FloodWatch) -> None:
    one = found("a", NEAR, EXACT)
    burst = [
        msgspec.structs.replace(one, hit=msgspec.structs.replace(one.hit, id=f"{number:032x}"))
        for number in range(10_000)
    ]
    assert [flood for batch in batches(burst) for flood in watch.note(batch)] == []


def test_different_files_with_one_digest_do_not_count_as_pictures(watch: FloodWatch) -> None:
    assert watch.note(many(600, lambda each: found(str(each), EXACT))) == []


def test_one_picture_on_fifty_hosts_is_a_flood(watch: FloodWatch) -> None:
    def on(each: int) -> Found:
        return found("a", EXACT, host=f"{each}.example", at=f"address {each}")

    assert watch.note(many(49, on)) == []
    (flood,) = watch.note([on(49)])
    assert (flood.algorithm, flood.pictures, flood.hosts) == ("sha256", 0, 50)


def test_entries_are_counted_apart(watch: FloodWatch) -> None:
    def spread(each: int) -> Found:
        return found(str(each), msgspec.structs.replace(NEAR, list_id=str(each % 2)))

    assert watch.note(many(998, spread)) == []
    assert [flood.list_id for flood in watch.note(many(1000, spread))] == ["0", "1"]


def test_what_comes_slowly_is_no_flood_even_when_it_is_worked_off_at_once(watch: FloodWatch) -> None:
    # 450 a day, for five days.
    slow = many(2_250, lambda each: found(str(each), minute=int(each * 3.2)))
    assert [flood for batch in batches(slow, 100) for flood in watch.note(batch)] == []


def test_a_flood_is_told_until_it_is_marked_and_then_not_again(watch: FloodWatch) -> None:
    burst = many(500, lambda each: found(str(each)))
    floods = watch.note(burst)
    assert [each.list_id for each in watch.note(burst[:1])] == ["1"]
    watch.marked(floods)
    assert watch.note(burst) == []


def test_what_is_held_apart_as_a_flood_is_not_counted(watch: FloodWatch) -> None:
    held = msgspec.structs.replace(NEAR, held_apart="flood")
    assert watch.note(many(600, lambda each: found(str(each), held))) == []


def test_an_entry_that_a_person_released_is_counted_anew(watch: FloodWatch, clock: Clock) -> None:
    burst = many(500, lambda each: found(str(each)))
    watch.marked(watch.note(burst))
    clock.now += 3_600
    assert watch.note(burst[:499]) == []
    assert [each.list_id for each in watch.note(burst)] == ["1"]


def test_matchers_of_one_machine_count_together(watch: FloodWatch, clock: Clock, tmp_path: Path) -> None:
    other = open_flood_watch(FloodsTable(), tmp_path, clock, digest_key=DIGEST_KEY)
    burst = many(500, lambda each: found(str(each)))
    told: list[object] = []

    def note(one: FloodWatch, part: Sequence[Found]) -> None:
        for batch in batches(part, 25):
            told.extend(one.note(batch))

    threads = [
        threading.Thread(target=note, args=(one, part)) for one, part in ((watch, burst[::2]), (other, burst[1::2]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told
    other.close()


def test_the_file_is_the_owners_alone_and_says_nothing_of_lists_and_hosts(watch: FloodWatch, tmp_path: Path) -> None:
    watch.note([found("a", host="forum.example")])
    files = list(tmp_path.glob("floods.sqlite*"))
    assert files
    for each in files:
        assert each.stat().st_mode & 0o077 == 0
        assert b"forum.example" not in each.read_bytes()
        assert b"a list" not in each.read_bytes()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    seen=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 3_000)), max_size=60),
    size=st.integers(1, 20),
)
def test_it_agrees_with_counting_by_hand(seen: list[tuple[int, int, int]], size: int, tmp_path: Path) -> None:
    """In order of time: a flood is told exactly when the last day holds that many different pictures or hosts."""
    for file in tmp_path.glob("floods.sqlite*"):
        file.unlink()
    table = FloodsTable(pictures=6, hosts=4, hours=10)
    watch = open_flood_watch(table, tmp_path, Clock(), digest_key=DIGEST_KEY)
    ordered = sorted(seen, key=lambda one: one[2])
    for end in range(size, len(ordered) + size, size):
        batch = ordered[end - size : end]
        floods = watch.note([found(str(name), host=f"{host}.example", minute=minute) for name, host, minute in batch])
        lately = [one for one in ordered[:end] if one[2] > batch[-1][2] - 600]
        full = len({one[0] for one in lately}) >= 6 or len({one[1] for one in lately}) >= 4
        assert bool(floods) == full
    watch.close()
