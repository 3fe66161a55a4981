from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.contract.records import KnownEntry
from matchers.known import KnownStore
from matchers.known.generations import DamagedGenerationError, index_folder, index_status, verify_index
from tests.known_sets import FIRST, add, known_store
from tests.unit.matchers.generations.sets import build, builder, entries


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnownStore]:
    made = known_store(tmp_path / "known.sqlite", entries(range(300)))
    yield made
    made.close()


def test_it_tells_how_far_the_index_is_behind(store: KnownStore) -> None:
    folder = index_folder(store.path)
    before = index_status(store, folder)
    assert (before.manifest, before.behind, before.building) == (None, 600, False)
    manifest = build(store)
    add(store, entries([300, 301]))
    store.retract("a list", ["p1"], by=FIRST, reason="-")
    after = index_status(store, folder)
    assert (after.manifest, after.version, after.behind) == (manifest, manifest.version + 2, 5)


def test_it_tells_whether_somebody_is_building(store: KnownStore) -> None:
    build(store)
    holding = "import fcntl, os, sys, time; fcntl.flock(os.open(sys.argv[1] + '.index/build.lock', 66), 2)"
    process = builder(store, before=holding + "; time.sleep(60)")
    while not index_status(store, index_folder(store.path)).building:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not index_status(store, index_folder(store.path)).building


def test_every_active_entry_is_looked_up(store: KnownStore) -> None:
    folder = index_folder(store.path)
    assert verify_index(store, folder) == 600
    build(store)
    own = KnownEntry(algorithm="dhash", value="00ff00ff00ff00ff", list="own", list_id="1")
    add(store, [*entries([300]), own])
    store.disable("a list", "p1", by=FIRST, reason="-")
    assert verify_index(store, folder) == 602


def test_an_index_that_misses_an_entry_is_found_out(store: KnownStore, tmp_path: Path) -> None:
    """One file of another set, as long as the right one and sound in itself."""
    changed = list(entries(range(300)))
    changed[8] = KnownEntry(algorithm="pdq", value="0" * 64, list="a list", list_id="p4")
    other = known_store(tmp_path / "other.sqlite", changed)
    one, another = build(store), build(other)
    target = index_folder(store.path) / one.generation / "pdq.near"
    target.write_bytes((index_folder(other.path) / another.generation / "pdq.near").read_bytes())
    with pytest.raises(DamagedGenerationError, match=r"pdq\.near is damaged"):
        verify_index(store, index_folder(store.path))
    manifest = index_folder(store.path) / "manifest.json"
    told = manifest.read_text().replace(one.files["pdq.near"].checksum, another.files["pdq.near"].checksum)
    manifest.write_text(told)
    with pytest.raises(DamagedGenerationError, match=r"1 entries \(pdq\) are not found"):
        verify_index(store, index_folder(store.path))
    other.close()
