import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from crawler.contract.records import DIHEDRAL, Prepared
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import Algorithm, Found, KnownEntry
from matchers.hits.sqlite import SqliteHitStore
from matchers.known import NothingThereError
from matchers.rematching import Rematcher, RematchProgress
from tests.known_sets import FIRST
from tests.pictures_seen import DIGEST_KEY, flipped, hash_of, picture_seen
from tests.ports.child import Child
from tests.unit.matchers.rematching.scene import Scene, answered


def entry(value: str, list_id: str = "1", algorithm: Algorithm = "pdq", list_name: str = "a list") -> KnownEntry:
    return KnownEntry(algorithm=algorithm, value=value, list=list_name, list_id=list_id)


def of(name: str, list_id: str = "1", algorithm: Algorithm = "sha256") -> KnownEntry:
    """The entry of a picture's digest."""
    return entry(hash_of(name, algorithm), list_id, algorithm)


def taken_away(known: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        known.with_name(known.name + ending).unlink(missing_ok=True)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def test_what_was_seen_before_an_import_is_found_after_it(scene: Scene) -> None:
    scene.match(picture_seen("a"), picture_seen("b"))
    scene.match(picture_seen("c"))
    scene.add(of("b"), of("c", "2", "md5"))
    progress = scene.rematcher.rematch_additions()
    assert (progress.pictures, progress.of, progress.found, progress.stopped) == (3, 3, 2, False)
    assert set(scene.standings()) == {picture_seen("b").item_digest, picture_seen("c").item_digest}


def test_it_is_told_as_if_it_had_been_matched_at_once(scene: Scene) -> None:
    turned = [hash_of(f"turned {number}") for number in range(7)]
    prepared = Prepared(how="squeezed_512", pdq=hash_of("squeezed"), pdq_quality=80)
    plain = picture_seen("a", turned=turned)
    assert plain.looks
    looks = msgspec.structs.replace(plain.looks, prepared=(prepared,), phash="0f" * 8)
    seen = [
        msgspec.structs.replace(plain, looks=looks),
        picture_seen("blurred", quality=3),
        picture_seen("undecoded", decoded=False),
        picture_seen("nobody knows"),
    ]
    scene.match(*seen)
    scene.add(
        entry(flipped(looks.pdq, range(31)), "at 31"),
        entry(flipped(looks.pdq, range(32)), "at 32"),
        entry(flipped(turned[3], [5]), "turned"),
        entry(flipped(prepared.pdq, [7, 8]), "prepared"),
        entry("0f" * 7 + "0e", "phash", "phash"),
        entry(hash_of("looks of blurred"), "weak"),
        of("undecoded", "exact"),
    )
    (undisputed,) = scene.loaded().match(seen[:1]).matches
    assert {match.list_id for match in undisputed} == {"at 31", "turned", "prepared", "phash"}
    assert {match.turned for match in undisputed} == {None, DIHEDRAL[3]}
    scene.rematcher.rematch_additions()
    expected, _ = answered(scene.loaded(), seen)
    assert [each.hit.id for each in expected] == [each.item_digest for each in seen[:3]]
    for each in expected:
        stored = scene.hits.get(each.hit.id)
        assert stored is not None
        assert (stored.hit, stored.evidence) == (each.hit, each.evidence)
        assert stored.last_seen == each.sighting.at


def test_only_what_was_added_since_is_matched_and_nothing_is_done_twice(scene: Scene) -> None:
    scene.add(of("old", "1"))
    scene.match(picture_seen("old"), picture_seen("new"))
    assert scene.rematcher.rematch_additions() == RematchProgress(version=scene.known.version)
    scene.add(of("new", "2"))
    assert scene.rematcher.rematch_additions().found == 1
    assert scene.rematcher.rematch_additions().of == 0
    assert scene.hits.count() == 2


def test_an_entry_that_is_switched_on_again_is_matched_with_what_was_seen_meanwhile(scene: Scene) -> None:
    scene.add(of("a"))
    scene.known.disable("a list", "1", by=FIRST, reason="a test")
    scene.match(picture_seen("a"))
    scene.rematcher.round()
    assert scene.standings() == {}
    scene.known.enable("a list", "1", by=FIRST, reason="a test")
    scene.rematcher.round()
    assert list(scene.standings().values()) == ["open"]


def test_a_block_that_comes_late_with_an_old_version_is_matched_all_the_same(scene: Scene) -> None:
    slow = scene.loaded()
    scene.add(of("a"))
    scene.match(picture_seen("other"), by=slow)
    scene.rematcher.rematch_additions()
    assert scene.seen.counts(scene.known.version).behind == 0
    scene.match(picture_seen("a"), by=slow)
    assert scene.standings() == {}
    progress = scene.rematcher.rematch_additions()
    assert (progress.pictures, progress.found) == (1, 1)


def test_blocks_of_several_versions_are_each_matched_with_all_that_came_after_them(scene: Scene) -> None:
    for number in range(4):
        scene.match(*[picture_seen(str(each), at=f"{each} at {number}") for each in range(4)])
        scene.add(of(str(number), str(number)))
    scene.rematcher.rematch_additions()
    expected, _ = answered(
        scene.loaded(), [picture_seen(str(each), at=f"{each} at {number}") for each in range(4) for number in range(4)]
    )
    assert set(scene.standings()) == {each.hit.id for each in expected}
    assert len(expected) == 16


class Away(SqliteHitStore):
    """Does not take hits."""

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        raise StoreUnavailableError(f"away, with {len(found)} hits, {again=}")


def test_nothing_is_moved_on_while_the_hit_store_is_away(scene: Scene, tmp_path: Path) -> None:
    scene.match(picture_seen("a"))
    scene.add(of("a"))
    away = Away(tmp_path / "hits.sqlite")
    rematcher = Rematcher(
        scene.known,
        scene.seen,
        away,
        distance=31,
        min_quality=50,
        dihedral=True,
        digest_key=DIGEST_KEY,
        clock=time.time,
    )
    with pytest.raises(StoreUnavailableError):
        rematcher.rematch_additions()
    away.close()
    assert scene.seen.counts(scene.known.version).behind == 1
    assert scene.rematcher.rematch_additions().found == 1


def test_stopped_between_two_parts_of_the_entries_nothing_is_moved_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path, entries_at_once=1)
    scene.match(picture_seen("a"), picture_seen("b"))
    scene.add(of("a", "1"), of("b", "2"))
    told: list[RematchProgress] = []
    progress = scene.rematcher.rematch_additions(tell=told.append, should_stop=lambda: bool(told))
    assert (progress.stopped, progress.pictures, scene.hits.count()) == (True, 0, 1)
    assert scene.rematcher.rematch_additions().pictures == 2
    assert scene.hits.count() == 2
    scene.close()


def test_more_entries_than_are_indexed_at_once_are_all_matched(tmp_path: Path) -> None:
    scene = Scene(tmp_path, entries_at_once=3, hashes_at_once=4)
    scene.match(*[picture_seen(f"{number}") for number in range(5)])
    scene.match(*[picture_seen(f"{number}") for number in range(5, 11)])
    algorithms: list[Algorithm] = ["sha256", "md5"]
    scene.add(*[of(f"{number}", str(number), algorithms[number % 2]) for number in range(10)])
    scene.add(entry(hash_of("looks of 10"), "10"))
    told: list[RematchProgress] = []
    progress = scene.rematcher.rematch_additions(tell=told.append)
    assert (progress.pictures, progress.found, scene.hits.count()) == (11, 11, 11)
    assert told[-1] == progress
    assert scene.seen.counts(scene.known.version).behind == 0
    scene.close()


def test_many_pictures_of_one_entry_are_all_found(tmp_path: Path) -> None:
    scene = Scene(tmp_path, hashes_at_once=700)
    for batch in range(4):
        scene.match(*[picture_seen("a", at=f"{batch} {number}") for number in range(300)])
    scene.add(of("a"))
    assert scene.rematcher.rematch_additions().found == 1200
    assert scene.hits.count() == 1200
    scene.close()


def test_a_list_is_matched_by_hand_with_what_was_seen_since_a_day(scene: Scene) -> None:
    scene.add(of("a", "1"), entry(hash_of("b"), "2", "sha256", list_name="another"))
    day = 24 * 60
    unmatched = [picture_seen("a", at="early"), picture_seen("b", minute=day), picture_seen("a", minute=2 * day)]
    for each in unmatched:
        scene.seen.append([each], scene.known.version)
    progress = scene.rematcher.rematch("a list", date(2026, 3, 2))
    assert (progress.pictures, progress.of, progress.found) == (2, 2, 1)
    assert list(scene.standings()) == [unmatched[2].item_digest]
    assert scene.rematcher.rematch("a list", date(2026, 3, 1)).found == 2


def test_a_list_that_is_not_there_is_refused(scene: Scene) -> None:
    with pytest.raises(NothingThereError, match="There is no list a lisst"):
        scene.rematcher.rematch("a lisst", date(2026, 3, 1))


def test_by_hand_nothing_is_moved_on(scene: Scene) -> None:
    scene.match(picture_seen("a"))
    scene.add(of("other", "1"))
    scene.rematcher.rematch("a list", date(2026, 3, 1))
    assert scene.seen.counts(scene.known.version).behind == 1


def test_told_to_stop_it_goes_on_the_next_time(tmp_path: Path) -> None:
    scene = Scene(tmp_path, hashes_at_once=1)
    for number in range(5):
        scene.match(picture_seen("a", at=str(number)))
    scene.add(of("a"))
    told: list[RematchProgress] = []
    progress = scene.rematcher.rematch_additions(tell=told.append, should_stop=lambda: len(told) == 2)
    assert (progress.pictures, progress.stopped, scene.hits.count()) == (2, True, 2)
    assert scene.rematcher.rematch_additions().pictures == 3
    assert scene.hits.count() == 5
    scene.close()


def test_an_entry_that_floods_is_held_apart_when_it_is_matched_again(scene: Scene) -> None:
    scene.match(picture_seen("a"))
    scene.add(of("a"))
    scene.known.mark_flooding([1])
    scene.rematcher.rematch_additions()
    assert list(scene.standings().values()) == ["apart"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.matchers.rematching.scene import Scene

told = []
def tell(progress):
    told.append(progress)
    print(progress.pictures, flush=True)
scene = Scene(Path(sys.argv[1]), hashes_at_once=1)
scene.rematcher.rematch_additions(tell=tell)
"""


def test_a_kill_in_the_midst_of_it_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    seen = [picture_seen("a", at=str(number)) for number in range(70)]
    for each in seen:
        scene.seen.append([each], scene.known.version)
    scene.add(of("a"))
    rounds = 0
    while scene.seen.counts(scene.known.version).behind > 30:
        child = Child(["-c", _KILLED, str(tmp_path)])
        for _ in range(15):
            child.line()
        child.kill()
        rounds += 1
    assert rounds > 1
    assert scene.rematcher.rematch_additions().found > 0
    hits = list(scene.hits.hits())
    assert {hit.hit.id for hit in hits} == {each.item_digest for each in seen}
    assert {(len(hit.evidence), hit.sightings) for hit in hits} == {(1, 1)}
    scene.close()


def test_nothing_of_a_picture_lies_in_clear_where_it_is_matched_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    seen = [picture_seen(name, turned=[hash_of(f"{name} turned")] * 7) for name in ("a", "b")]
    scene.match(*seen)
    scene.add(of("a"), entry(hash_of("looks of b"), "2"))
    assert scene.rematcher.rematch_additions().found == 2
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for each in seen:
        assert each.looks
        digests = each.digests
        for value in (digests.md5, digests.sha1, digests.sha256, each.looks.pdq, each.looks.pdq_dihedral[0]):
            assert value.encode() not in written
            assert bytes.fromhex(value) not in written
    scene.close()


def test_a_hit_whose_entry_was_withdrawn_counts_again_by_another_hash_of_it(scene: Scene) -> None:
    looks = hash_of("looks of a")
    scene.add(entry(looks, "7"), entry(hash_of("another"), "8"))
    scene.match(picture_seen("a"))
    scene.retract("a list", "7")
    scene.rematcher.round()
    assert set(scene.standings().values()) == {"withdrawn"}
    scene.add(entry(flipped(looks, [1, 2]), "7"))
    scene.rematcher.round()
    assert set(scene.standings().values()) == {"open"}


def test_a_new_hash_of_an_entry_that_floods_does_not_release_it(scene: Scene) -> None:
    looks = hash_of("looks of a")
    scene.add(entry(looks, "7"), entry(hash_of("another"), "8"))
    scene.retract("a list", "8")
    scene.match(picture_seen("a"))
    scene.known.mark_flooding([shown.number for shown in scene.known.show("a list", "7")])
    scene.rematcher.round()
    scene.add(entry(hash_of("unlike it"), "7"))
    scene.rematcher.round()
    assert set(scene.standings().values()) == {"apart"}


def test_what_was_matched_with_another_known_set_is_matched_with_this_one(tmp_path: Path) -> None:
    before = Scene(tmp_path)
    for number in range(5):
        before.add(of(f"something {number}", str(number)))
    before.match(picture_seen("a"))
    before.rematcher.round()
    before.close()
    taken_away(tmp_path / "known.sqlite")
    after = Scene(tmp_path)
    after.rematcher.round()
    after.add(of("a"))
    after.rematcher.round()
    assert set(after.standings()) == {picture_seen("a").item_digest}
    after.close()


@pytest.mark.parametrize("noted", [True, False])
def test_what_was_matched_before_a_backup_was_put_back_is_matched_with_what_comes_after_it(
    tmp_path: Path, noted: bool
) -> None:
    before = Scene(tmp_path)
    before.add(of("something"))
    before.rematcher.round()
    with sqlite3.connect(tmp_path / "known.sqlite") as opened:
        opened.execute("VACUUM INTO ?", (str(tmp_path / "backup"),))
    opened.close()
    before.add(of("something else", "2"))
    before.add(of("a third thing", "3"))
    before.match(picture_seen("a"))
    if noted:
        before.rematcher.round()
    before.close()
    taken_away(tmp_path / "known.sqlite")
    (tmp_path / "backup").rename(tmp_path / "known.sqlite")
    after = Scene(tmp_path)
    # As many versions as there had been: their numbers do not tell one history from the other.
    after.add(of("a", "4"))
    after.add(of("a fourth thing", "5"))
    progress = after.rematcher.round()
    assert (progress.pictures, progress.found) == (1, 1)
    assert after.rematcher.round().of == 0
    after.close()


def test_with_very_many_additions_it_goes_on_with_the_day_at_which_it_was_ended(tmp_path: Path) -> None:
    scene = Scene(tmp_path, entries_at_once=2)
    scene.match(picture_seen("a"))
    today = next((tmp_path / "seen").glob("????-??-??.sqlite"))
    scene.seen.close()
    today.rename(today.with_name(f"{date.fromisoformat(today.stem) - timedelta(days=1)}.sqlite"))
    scene.match(picture_seen("b"))
    scene.add(*(of(name, name) for name in ("w", "x", "a", "y", "b")))
    told: list[RematchProgress] = []
    stopped = scene.rematcher.rematch_additions(told.append, lambda: bool(told) and told[-1].pictures == 1)
    assert (stopped.pictures, stopped.found, stopped.stopped) == (1, 1, True)
    rest = scene.rematcher.rematch_additions()
    assert (rest.pictures, rest.of, rest.found) == (1, 1, 1)
    scene.close()
