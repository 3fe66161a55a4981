import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import Found, KnownEntry, Restated
from matchers.hits.sqlite import SqliteHitStore
from matchers.rematching import Rematcher, Standing, restate_withdrawn
from matchers.rematching.withdrawing import AT_ONCE, ONCE_MORE, ONCE_MORE_AFTER
from tests.known_sets import FIRST, SECOND
from tests.pictures_seen import DIGEST_KEY, hash_of, picture_seen
from tests.unit.matchers.rematching.scene import Scene, answered


class Interrupted(SqliteHitStore):
    """Something happens once, while hits are on their way into it."""

    def __init__(self, path: Path, meanwhile: Callable[[], object]) -> None:
        super().__init__(path)
        self._meanwhile = [meanwhile]

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        while self._meanwhile:
            self._meanwhile.pop()()
        super().store(found, again=again)


def of(name: str, list_id: str) -> KnownEntry:
    return KnownEntry(algorithm="sha256", value=hash_of(name), list="a list", list_id=list_id)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def withdraw(scene: Scene) -> None:
    """The whole list ends, and the log's consumer is quick."""
    number = scene.known.retract("a list", None, by=FIRST, reason="a test").proposal
    assert number is not None
    scene.known.approve(number, by=SECOND)
    restate_withdrawn(scene.known, scene.hits, time.time)


def interrupted(scene: Scene, path: Path, meanwhile: Callable[[], object]) -> Rematcher:
    return Rematcher(
        scene.known,
        scene.seen,
        Interrupted(path / "hits.sqlite", meanwhile),
        distance=31,
        min_quality=50,
        dihedral=True,
        digest_key=DIGEST_KEY,
        clock=time.time,
    )


def test_hits_that_rest_on_a_retracted_entry_only_are_withdrawn(scene: Scene) -> None:
    scene.add(of("a", "1"), of("b", "2"), of("b", "3"))
    scene.match(picture_seen("a"), picture_seen("b"))
    scene.retract("a list", "1", "2")
    assert restate_withdrawn(scene.known, scene.hits, time.time) == 1
    assert scene.standings() == {picture_seen("a").item_digest: "withdrawn", picture_seen("b").item_digest: "open"}
    assert restate_withdrawn(scene.known, scene.hits, time.time) == 0


def test_a_list_retracted_while_hits_of_what_was_seen_before_are_written_ends_withdrawn(
    scene: Scene, tmp_path: Path
) -> None:
    scene.match(picture_seen("a"))
    scene.add(of("a", "1"))
    rematcher = interrupted(scene, tmp_path, lambda: withdraw(scene))
    assert rematcher.rematch_additions().found == 1
    assert list(scene.standings().values()) == ["withdrawn"]


def test_a_list_retracted_while_a_matcher_writes_its_hits_ends_withdrawn(scene: Scene) -> None:
    scene.add(of("a", "1"))
    standing = Standing(scene.known, scene.hits)
    moment = standing.now()
    found, _ = answered(scene.loaded(), [picture_seen("a")])
    withdraw(scene)
    scene.hits.store(found)
    assert list(scene.standings().values()) == ["open"]
    assert standing.restate_if_moved(found, moment) == 1
    assert list(scene.standings().values()) == ["withdrawn"]
    assert standing.restate_if_moved(found, standing.now()) == 0


class Listening(SqliteHitStore):
    """Remembers what it was told."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.told: list[Restated] = []

    def restate(self, changes: Sequence[Restated]) -> int:
        self.told += changes
        return super().restate(changes)


def test_only_what_concerns_the_evidence_is_told_again(scene: Scene, tmp_path: Path) -> None:
    scene.add(of("a", "1"), of("b", "2"))
    hits = Listening(tmp_path / "hits.sqlite")
    standing = Standing(scene.known, hits)
    moment = standing.now()
    found, _ = answered(scene.loaded(), [picture_seen("a")])
    scene.retract("a list", "1", "2")
    hits.store(found)
    standing.restate_if_moved(found, moment)
    assert [change.list_id for change in hits.told] == ["1"]
    hits.close()


def test_hits_left_by_a_process_that_was_killed_before_it_looked_again_hear_of_it_later(scene: Scene) -> None:
    scene.add(of("a", "1"))
    found, _ = answered(scene.loaded(), [picture_seen("a")])
    withdraw(scene)
    scene.hits.store(found)
    assert restate_withdrawn(scene.known, scene.hits, time.time) == 0
    assert list(scene.standings().values()) == ["open"]
    later = time.time() + ONCE_MORE_AFTER.total_seconds() + 1
    assert restate_withdrawn(scene.known, scene.hits, lambda: later) == 1
    assert list(scene.standings().values()) == ["withdrawn"]


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_switched_off_and_on_again_is_not_off_for_hits_found_later(tmp_path: Path) -> None:
    clock = Clock()
    scene = Scene(tmp_path, clock=clock)
    scene.add(of("a", "1"))
    scene.known.disable("a list", "1", by=FIRST, reason="a test")
    clock.now += 600
    scene.known.enable("a list", "1", by=FIRST, reason="a test")
    restate_withdrawn(scene.known, scene.hits, clock)
    scene.match(picture_seen("a"))
    for _ in range(6):
        clock.now += 301
        assert restate_withdrawn(scene.known, scene.hits, clock) == 0
        assert list(scene.standings().values()) == ["open"]
    assert {scene.known.cursor(name) for name in (AT_ONCE, ONCE_MORE)} == {2}
    scene.close()


class Away(SqliteHitStore):
    """Does not answer."""

    def restate(self, changes: Sequence[Restated]) -> int:
        raise StoreUnavailableError(f"away, with {len(changes)} changes")


def test_what_could_not_be_told_is_told_when_the_hit_store_is_back(scene: Scene, tmp_path: Path) -> None:
    scene.add(of("a", "1"))
    scene.match(picture_seen("a"))
    scene.known.disable("a list", by=FIRST, reason="a test")
    away = Away(tmp_path / "hits.sqlite")
    with pytest.raises(StoreUnavailableError):
        restate_withdrawn(scene.known, away, time.time)
    away.close()
    assert restate_withdrawn(scene.known, scene.hits, time.time) == 1
    scene.known.enable("a list", by=FIRST, reason="a test")
    assert restate_withdrawn(scene.known, scene.hits, time.time) == 1
    assert list(scene.standings().values()) == ["open"]
