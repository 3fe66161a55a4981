"""A running matcher has its index built by another process, and swaps while it answers."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from matchers.known import KnownStore, LoadedKnownSet
from matchers.known.generations import BackgroundBuild, index_folder, read_manifest
from tests.known_sets import FIRST, add, known_store
from tests.unit.matchers.generations.sets import KEY, build, entries, found, opened

SWAPS = 20
ENTRIES = 10_000
"""Twice as many: each has a PDQ hash and a digest."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnownStore]:
    made = known_store(tmp_path / "known.sqlite", entries(range(40)))
    yield made
    made.close()


@pytest.fixture
def background(store: KnownStore) -> Iterator[BackgroundBuild]:
    made = BackgroundBuild(store.path, KEY)
    yield made
    made.close()


def loaded(store: KnownStore, background: BackgroundBuild, overlay_entries: int) -> LoadedKnownSet:
    return LoadedKnownSet(
        store, distance=31, min_quality=50, dihedral=True, background=background, overlay_entries=overlay_entries
    )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_few_entries_are_answered_from_memory_alone(store: KnownStore, background: BackgroundBuild) -> None:
    known = loaded(store, background, overlay_entries=1_000)
    assert (known.generation, known.overlay_entries, found(known, [1, 50])) == (None, 80, [1])
    assert not index_folder(store.path).exists()


def test_many_are_built_before_the_first_answer(store: KnownStore, background: BackgroundBuild) -> None:
    known = loaded(store, background, overlay_entries=79)
    assert known.generation is not None
    assert (known.overlay_entries, len(known), found(known, [1, 50])) == (0, 80, [1])


def test_what_changes_is_known_at_once_and_built_meanwhile(store: KnownStore, background: BackgroundBuild) -> None:
    known = loaded(store, background, overlay_entries=100)
    with known.kept_fresh(0.01):
        add(store, entries(range(40, 60)))
        until(lambda: found(known, [1, 50]) == [1, 50])
        until(lambda: known.generation is not None)
        assert found(known, [1, 50]) == [1, 50]
        assert known.overlay_entries == 0
    assert known.version == store.version


def test_what_is_withdrawn_weighs_like_what_is_added(store: KnownStore, background: BackgroundBuild) -> None:
    build(store)
    known = loaded(store, background, overlay_entries=30)
    store.retract("a list", [f"p{number}" for number in range(31)], by=FIRST, reason="-")
    with known.kept_fresh(0.01):
        until(lambda: known.version == store.version and known.overlay_entries == 0)
    assert (len(known), found(known, [1, 35])) == (49, [35])


def test_a_change_too_large_for_memory_waits_for_the_build(store: KnownStore, background: BackgroundBuild) -> None:
    known = loaded(store, background, overlay_entries=100)
    add(store, entries(range(1_000, 1_300)))
    largest = 0

    def caught_up() -> bool:
        nonlocal largest
        largest = max(largest, known.overlay_entries)
        return known.version == store.version

    with known.kept_fresh(0.01):
        until(caught_up)
    assert largest == 80
    assert found(known, [1, 1_299]) == [1, 1_299]
    assert known.generation is not None


def test_where_no_build_succeeds_all_is_taken_into_memory(store: KnownStore) -> None:
    background = BackgroundBuild(store.path, bytes(32))
    known = loaded(store, background, overlay_entries=10)
    assert (known.generation, found(known, [1, 50])) == (None, [1])
    add(store, entries(range(100, 300)))
    known.refresh()
    assert found(known, [1, 299]) == [1, 299]
    background.close()


def test_the_end_of_a_matcher_is_the_end_of_its_build_and_the_next_one_goes_on(
    store: KnownStore, background: BackgroundBuild
) -> None:
    known = loaded(store, background, overlay_entries=100)
    add(store, entries(range(100, 200)))
    with known.kept_fresh(60):
        known.refresh()
        known.refresh()
        assert background.start()
    assert background.poll() is None
    assert found(known, [1, 199]) == [1, 199]
    build(store)
    assert opened(store).generation is not None


def test_a_swap_keeps_no_answer_waiting_and_gives_its_memory_back(tmp_path: Path) -> None:
    store = known_store(tmp_path / "known.sqlite", entries(range(ENTRIES)))
    build(store)
    known = opened(store)
    stopped = threading.Event()
    longest = 0.0

    def ask() -> None:
        nonlocal longest
        number = 0
        while not stopped.is_set():
            number += 1
            began = time.monotonic()
            assert found(known, [number % ENTRIES]) == [number % ENTRIES]
            longest = max(longest, time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    resident = []
    for swap in range(SWAPS):
        add(store, entries([ENTRIES + swap]))
        known.refresh()
        assert found(known, [ENTRIES + swap]) == [ENTRIES + swap]
        build(store)
        assert known.refresh()
        assert known.overlay_entries == 0
        resident.append(resident_bytes())
    stopped.set()
    asking.join()
    store.close()
    manifest = read_manifest(index_folder(store.path))
    assert manifest is not None
    assert longest < 1
    # One generation is as large as this; twenty of them would be seen.
    assert resident[-1] - resident[SWAPS // 4] < 3 * manifest.size
    mapped = {line.split("/")[-2] for line in Path("/proc/self/maps").read_text().splitlines() if ".near" in line}
    assert mapped <= {manifest.generation}


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
