import random
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.known import KnownStore
from matchers.known.generations import (
    BuildingElsewhereError,
    DamagedGenerationError,
    check_generation,
    index_folder,
    index_status,
    open_generation,
    read_manifest,
)
from tests.known_sets import FIRST, TEST_VEIL, add, known_store
from tests.unit.matchers.generations.sets import build, builder, copied, entries, found, like, matcher, on_disk, opened

FEW = range(20)
MANY = range(4_000)
FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
"""No file may grow beyond this: writing more fails, as it does on a full disk."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnownStore]:
    made = known_store(tmp_path / "known.sqlite", entries(FEW))
    yield made
    made.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "known.sqlite"
    known_store(path, entries(MANY)).close()
    return path


def test_a_generation_holds_all_that_is_active_and_only_its_owner_may_read_it(store: KnownStore) -> None:
    store.disable("a list", "p3", by=FIRST, reason="-")
    manifest = build(store)
    assert (manifest.version, manifest.entries, manifest.counts["md5"]) == (store.version, 39, 20)
    assert read_manifest(index_folder(store.path)) == manifest
    folder = index_folder(store.path)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in [folder, *folder.rglob("*")]}
    assert modes == {0o600, 0o700}


def test_what_is_built_already_stays(store: KnownStore) -> None:
    first = build(store)
    assert build(store) == first
    add(store, entries([100]))
    second = build(store)
    assert (second.version, second.entries) == (store.version, 42)
    assert set(on_disk(store)) == {"build.lock", "manifest.json", second.generation}


def test_an_old_generation_answers_for_as_long_as_somebody_uses_it(store: KnownStore) -> None:
    build(store)
    known = opened(store)
    add(store, entries([100]))
    build(store)
    build(store)
    assert found(known, [*FEW, 100]) == [*FEW]
    known.refresh()
    assert found(known, [*FEW, 100]) == [*FEW, 100]


def test_what_a_killed_builder_left_is_taken_away_and_nothing_else(store: KnownStore) -> None:
    manifest = build(store)
    folder = index_folder(store.path)
    for name in ("building-9-aa", "generation-1-bb"):
        (folder / name).mkdir()
        (folder / name / "pdq.near").write_bytes(b"half")
    (folder / "manifest.json.new").write_bytes(b"{")
    (folder / "someone's notes").write_bytes(b"")
    assert build(store) == manifest
    assert set(on_disk(store)) == {
        "build.lock",
        "manifest.json",
        "manifest.json.new",
        "someone's notes",
        manifest.generation,
    }


def test_one_process_builds_at_a_time_and_says_so(store: KnownStore) -> None:
    index_folder(store.path).mkdir()
    holding = "import fcntl, os, sys, time; fcntl.flock(os.open(sys.argv[1] + '.index/build.lock', 66), 2)"
    process = builder(store, before=holding + "; time.sleep(60)")
    deadline = time.monotonic() + 30
    while True:
        try:
            build(store)
        except BuildingElsewhereError as error:
            assert "Wait" in str(error)  # noqa: PT017 - it may not be raised at first
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert build(store).entries == 40


@pytest.mark.parametrize("name", ["pdq.near", "md5.columns", "manifest.json"])
@pytest.mark.parametrize("how", ["a byte", "cut", "gone", "empty"])
def test_a_damaged_generation_is_left_alone_and_built_again(store: KnownStore, name: str, how: str) -> None:
    manifest = build(store)
    folder = index_folder(store.path)
    file = folder / name if name == "manifest.json" else folder / manifest.generation / name
    whole = file.read_bytes()
    middle = len(whole) // 2
    if how == "gone":
        file.unlink()
    else:
        damaged = {"a byte": whole[:middle] + bytes([whole[middle] ^ 0x80]) + whole[middle + 1 :], "cut": whole[:-1]}
        file.write_bytes(damaged.get(how, b""))
    if name != "manifest.json" or how != "gone":
        with pytest.raises(DamagedGenerationError):
            open_generation(folder, fingerprint=TEST_VEIL.fingerprint)
    known = opened(store)
    assert found(known, FEW) == [*FEW]
    assert known.overlay_entries == 40
    again = build(store)
    known.refresh()
    assert (known.generation, known.overlay_entries) == (again.generation, 0)
    assert found(known, FEW) == [*FEW]


def test_the_index_of_another_set_is_left_alone(store: KnownStore, tmp_path: Path) -> None:
    build(store)
    other = known_store(tmp_path / "other.sqlite", entries(range(50, 53)), clock=lambda: 2_000_000.0)
    assert other.version == store.version
    index_folder(store.path).rename(index_folder(other.path))
    known = opened(other)
    assert (known.generation, found(known, range(60))) == (None, [50, 51, 52])
    manifest = build(other)
    known.refresh()
    assert (known.generation, found(known, range(60))) == (manifest.generation, [50, 51, 52])
    other.close()


def test_a_full_disk_leaves_the_old_generation_and_nothing_else(large: Path, tmp_path: Path) -> None:
    store = copied(large, tmp_path / "copy")
    manifest = build(store)
    add(store, entries([9_000]))
    process = builder(store, before=FULL_DISK)
    assert process.wait(60) == 1
    assert set(on_disk(store)) == {"build.lock", "manifest.json", manifest.generation}
    assert found(opened(store), [0, 3_999, 9_000]) == [0, 3_999, 9_000]
    assert build(store).entries == manifest.entries + 2
    store.close()


def test_killed_at_any_moment_a_builder_leaves_the_old_set_working_and_the_next_one_goes_on(
    large: Path, tmp_path: Path
) -> None:
    store = copied(large, tmp_path / "copy")
    chance = random.Random(9)
    asked = [0, 1, 2_000, 3_999]
    began = time.monotonic()
    assert builder(store).wait(60) == 0
    took = time.monotonic() - began
    known = opened(store)
    for number in range(6):
        add(store, entries([10_000 + number]))
        asked.append(10_000 + number)
        before = read_manifest(index_folder(store.path))
        process = builder(store)
        time.sleep(took * chance.uniform(0.5, 1.0))
        process.kill()
        process.wait()
        now = read_manifest(index_folder(store.path))
        assert before is not None
        assert now is not None
        # Either the old one or the new one, whole; at most one folder that nobody looks at.
        check_generation(index_folder(store.path), now)
        assert now == before or now.version == store.version
        assert len([name for name in on_disk(store) if name.startswith(("building-", "generation-"))]) <= 3
        known.refresh()
        assert found(known, asked) == asked
        assert found(opened(store), asked) == asked
    assert builder(store).wait(60) == 0
    last = read_manifest(index_folder(store.path))
    assert last is not None
    assert last.version == store.version
    assert set(on_disk(store)) - {"manifest.json.new"} == {"build.lock", "manifest.json", last.generation}
    store.close()


def test_killed_at_any_moment_a_matcher_that_builds_and_swaps_leaves_nothing_behind(
    large: Path, tmp_path: Path
) -> None:
    store = copied(large, tmp_path / "copy")
    chance = random.Random(10)
    asked = [0, 3_999]
    for number in range(4):
        process = matcher(store)
        add(store, entries([10_000 + number]))
        asked.append(10_000 + number)
        time.sleep(chance.uniform(0, 0.8))
        process.kill()
        process.wait()
        assert found(opened(store), asked) == asked
    # What it had begun to build goes on without it.
    deadline = time.monotonic() + 30
    while index_status(store, index_folder(store.path)).building:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    manifest = build(store)
    assert set(on_disk(store)) == {"build.lock", "manifest.json", manifest.generation}
    assert found(opened(store), asked) == asked
    store.close()


def test_two_matchers_that_swap_at_different_times_are_each_right_for_their_version(store: KnownStore) -> None:
    early, late = opened(store), opened(store)
    stopped = threading.Event()
    wrong: list[object] = []

    def ask() -> None:
        while not stopped.is_set():
            for known in (early, late):
                answer = known.match([like(100), like(101)])
                told = [len(each) for each in answer.matches]
                if told != {0: [0, 0], 1: [2, 0], 2: [2, 2]}[answer.version - first]:
                    wrong.append((answer.version, told))

    first = store.version
    asking = threading.Thread(target=ask)
    asking.start()
    add(store, entries([100]))
    early.refresh()
    build(store)
    assert (found(early, [100]), found(late, [100])) == ([100], [])
    late.refresh()
    assert (early.generation is None, late.generation is None) == (True, False)
    add(store, entries([101]))
    late.refresh()
    build(store)
    early.refresh()
    assert found(early, [*FEW, 100, 101]) == found(late, [*FEW, 100, 101]) == [*FEW, 100, 101]
    assert early.version == late.version == store.version
    stopped.set()
    asking.join()
    assert wrong == []
