import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crawler.contract.errors import ConfigError
from matchers.contract.errors import StoreRefusedError
from matchers.contract.records import Algorithm
from matchers.known import ImportRefusedError, KnownStore, KnownTable, Row, open_known_store
from matchers.known.schema import CODES
from matchers.veil import VEIL_KEY_BYTES, Veil
from tests.known_sets import FIRST, SECOND, TEST_VEIL, known_store, registration
from tests.unit.matchers.known.entries_held import entry, value_of

ALGORITHMS: tuple[Algorithm, ...] = tuple(CODES)


def everything(folder: Path) -> bytes:
    """All bytes of all files there."""
    return b"".join(each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file())


def test_no_hash_lies_on_disk_as_it_is_neither_in_the_set_nor_on_its_way_in(store: KnownStore, path: Path) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)
    seen: list[bytes] = []

    def rows() -> Iterator[Row]:
        for number in range(20_001):
            yield entry(str(number), algorithm=ALGORITHMS[number % len(ALGORITHMS)])
        seen.append(everything(path.parent))

    store.import_rows("a list", rows(), file="a.csv", by=FIRST)
    seen.append(everything(path.parent))
    for found in seen:
        assert b"19999" in found
        for number in (0, 1, 2, 3, 4, 5, 19_998, 19_999):
            value = value_of(str(number), ALGORITHMS[number % len(ALGORITHMS)])
            assert bytes.fromhex(value) not in found
            assert value.encode() not in found


def test_a_set_made_with_another_key_is_refused(path: Path) -> None:
    known_store(path, [entry("a")]).close()
    with pytest.raises(StoreRefusedError, match=r"another veil key.*keys\.veil_key_file"):
        known_store(path, veil=Veil(bytes(VEIL_KEY_BYTES)))


def test_values_are_veiled_as_the_veil_veils(path: Path) -> None:
    store = known_store(path, [entry("a")])
    with store.snapshot() as snapshot:
        ((_, joined),) = snapshot.values("md5")
    assert joined == TEST_VEIL.digests("md5", [bytes.fromhex(value_of("a"))]).tobytes()
    store.close()


def test_only_its_owner_may_read_anything_of_it(store: KnownStore, path: Path) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)

    def modes() -> set[int]:
        return {stat.S_IMODE(each.stat().st_mode) for each in path.parent.rglob("*")}

    def rows() -> Iterator[Row]:
        yield entry("a")
        assert modes() == {0o600, 0o700}
        assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in path.parent.rglob("*") if each.is_file())

    store.import_rows("a list", rows(), file="a.csv", by=FIRST)
    assert modes() == {0o600, 0o700}


def test_exports_bear_hashes_only_when_asked_for_and_only_those_that_can_be_turned_back(path: Path) -> None:
    store = known_store(path, [entry(name, algorithm=name) for name in ALGORITHMS])
    assert [one.hash for one in store.export("a list")] == [None] * 6
    shown = {one.provenance.algorithm: one.hash for one in store.export("a list", with_hashes=True)}
    assert shown == {name: None if name in {"md5", "sha1", "sha256"} else value_of(name, name) for name in ALGORITHMS}
    assert not any(value_of(name, name) in repr(one) for name in ALGORITHMS for one in store.export("a list"))
    store.close()


def test_a_file_that_is_no_known_set_is_refused_by_name(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database, and long enough to show it is none " * 10)
    with pytest.raises(StoreRefusedError, match=r"known\.sqlite"):
        known_store(path)


@pytest.mark.parametrize(("found", "said"), [(1, "hashes in plain.*destroy it"), (3, "format 3; this version")])
def test_a_file_of_another_format_is_refused_with_what_to_do(path: Path, found: int, said: str) -> None:
    known_store(path).close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version = {found}")
    other.close()
    with pytest.raises(StoreRefusedError, match=said):
        known_store(path)


def test_the_set_lies_where_the_configuration_says_with_its_limits(tmp_path: Path) -> None:
    table = KnownTable(file=tmp_path / "elsewhere.sqlite", small_list=3, one_account=True)
    store = open_known_store(table, tmp_path / "state", lambda: 0.0, bytes(VEIL_KEY_BYTES))
    assert store.path == tmp_path / "elsewhere.sqlite"
    assert (table.limits().small_list, table.limits().one_account) == (3, True)
    store.close()
    with pytest.raises((ValueError, ConfigError)):
        open_known_store(table, tmp_path, lambda: 0.0, b"short")


def test_a_damaged_set_is_found_out(path: Path) -> None:
    store = known_store(path, [entry("a"), entry("b")])
    found = store.verify()
    assert (found.version, found.entries, found.active, found.faults) == (1, 2, 2, ())
    other = sqlite3.connect(path)
    other.execute("UPDATE entries SET list = 7, run = 9 WHERE entry = 1")
    other.execute("UPDATE entries SET standing = 2 WHERE entry = 2")
    other.execute(
        "INSERT INTO entries (list, list_id, algorithm, value, run) SELECT list, list_id, algorithm, value, "
        "run FROM entries WHERE entry = 2"
    )
    other.commit()
    other.close()
    faults = "; ".join(store.verify().faults)
    for told in (
        "1 entries belong to no list",
        "1 entries belong to no import",
        "1 entries stand otherwise",
        "1 entries are there twice",
        "another number of entries",
    ):
        assert told in faults
    store.close()


def test_lists_that_disagree_about_a_hash_are_told(path: Path) -> None:
    store = known_store(
        path,
        [
            entry("a", list_name="one", category="baseline"),
            entry("a", list_name="two", category="national"),
            entry("b", list_name="one", category="baseline"),
            entry("b", list_name="two", category="baseline"),
        ],
    )
    (found,) = store.disagreements()
    assert (found.algorithm, found.entries) == ("md5", (("one", "a", "baseline"), ("two", "a", "national")))
    store.disable("two", "a", by=FIRST, reason="x")
    assert list(store.disagreements()) == []
    store.close()


@pytest.mark.parametrize("column", ["list_id", "category", "source"])
def test_a_file_with_hashes_in_columns_that_are_kept_in_plain_is_refused(store: KnownStore, column: str) -> None:
    proposal = store.register(registration("a list", {"": "illegal"}), by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)
    row = msgspec.structs.replace(entry("a"), **{column: value_of("a").upper()})
    with pytest.raises(ImportRefusedError, match="columns in the right order") as raised:
        store.import_rows("a list", [row], file="a.csv", by=FIRST)
    assert value_of("a") not in str(raised.value).lower()


def test_a_category_that_looks_like_a_hash_is_not_told(store: KnownStore) -> None:
    proposal = store.register(registration("a list", {"1": "illegal"}), by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)
    with pytest.raises(ImportRefusedError, match="looks like a hash") as raised:
        store.import_rows("a list", [entry("a", category=value_of("b"))], file="a.csv", by=FIRST)
    assert value_of("b") not in str(raised.value)
