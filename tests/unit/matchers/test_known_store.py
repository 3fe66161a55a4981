import io
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.contract.errors import StoreRefusedError
from matchers.contract.records import KnownEntry
from matchers.known import BadRow, ImportRefusedError, KnownStore, Row
from matchers.known.importers import read_csv
from tests.pictures_seen import DIGEST_KEY, hash_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "known.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[KnownStore]:
    opened = KnownStore(path, clock=lambda: 1_000_000.0)
    yield opened
    opened.close()


def entry(name: str, *, category: str | None = None, list_name: str = "a list") -> KnownEntry:
    return KnownEntry(algorithm="md5", value=hash_of(name, "md5"), list=list_name, list_id=name, category=category)


def held(store: KnownStore) -> dict[str, str | None]:
    with store.snapshot() as snapshot:
        numbers = [number for some, _ in snapshot.values("md5") for number in some]
    return {found.list_id: found.category for found in store.entries(numbers).values()}


def test_an_import_keeps_entries_with_their_provenance(store: KnownStore) -> None:
    rows = read_csv(
        io.BytesIO(f"sha256,{hash_of('a')},baseline,hotline,7\n".encode()), list_name="a list", digest_key=DIGEST_KEY
    )
    report = store.import_rows("a list", rows, file="a.csv")
    assert (report.added, report.already_there, report.unreadable, report.version) == (1, 0, 0, 1)
    with store.snapshot() as snapshot:
        ((numbers, values),) = snapshot.values("sha256")
    assert values.hex() == hash_of("a")
    assert store.entries([*numbers, 99]) == {
        numbers[0]: KnownEntry(
            algorithm="sha256", value=hash_of("a"), list="a list", list_id="7", category="baseline", source="hotline"
        )
    }


def test_importing_the_same_again_changes_nothing(store: KnownStore) -> None:
    rows = [entry("a"), entry("b"), entry("b")]
    first = store.import_rows("a list", rows, file="a.csv")
    again = store.import_rows("a list", rows, file="a.csv")
    assert (first.added, first.already_there, first.version) == (2, 1, 1)
    assert (again.added, again.changed, again.already_there, again.version) == (0, 0, 3, 1)
    assert store.version == 1


def test_a_new_category_replaces_the_old_one_and_makes_a_new_version(store: KnownStore) -> None:
    store.import_rows("a list", [entry("a", category="old"), entry("b")], file="a.csv")
    report = store.import_rows("a list", [entry("a", category="new"), entry("b")], file="a.csv")
    assert (report.added, report.changed, report.already_there, report.version) == (0, 1, 1, 2)
    assert held(store) == {"a": "new", "b": None}


def test_the_same_hash_on_two_lists_is_two_entries(store: KnownStore) -> None:
    store.import_rows("a list", [entry("a")], file="a.csv")
    store.import_rows("another", [entry("a", list_name="another")], file="b.csv")
    assert [(count.list, count.entries) for count in store.counts()] == [
        ("a list", {"md5": 1}),
        ("another", {"md5": 1}),
    ]
    assert store.version == 2


def test_rows_that_cannot_be_read_are_set_aside_by_line_and_reason(store: KnownStore) -> None:
    bad = BadRow(line=3, reason="the hash is missing")
    report = store.import_rows("a list", [entry("a"), entry("b"), bad, entry("c"), entry("d")], file="a.csv")
    assert (report.added, report.unreadable) == (4, 1)
    assert [(row.list, row.file, row.line, row.reason) for row in store.quarantined("a list")] == [
        ("a list", "a.csv", 3, "the hash is missing")
    ]
    assert list(store.quarantined("another")) == []
    assert store.counts()[0].quarantined == 1


def test_a_file_imported_again_after_it_was_mended_leaves_quarantine(store: KnownStore) -> None:
    good: list[Row] = [entry(str(i)) for i in range(9)]
    store.import_rows("a list", [*good, BadRow(line=10, reason="the hash is missing")], file="a.csv")
    store.import_rows("a list", [*good, entry("mended")], file="a.csv")
    assert list(store.quarantined()) == []


def test_a_file_of_which_too_much_cannot_be_read_is_refused_whole(store: KnownStore) -> None:
    store.import_rows("a list", [entry("a")], file="a.csv")
    rows: list[Row] = [*[entry(str(i)) for i in range(7)], BadRow(line=8, reason="x"), BadRow(line=9, reason="x")]
    with pytest.raises(
        ImportRefusedError, match=r"2 of 9 rows cannot be read, more than 20%.*x \(2, first in line 8\)"
    ):
        store.import_rows("a list", rows, file="b.csv")
    assert held(store) == {"a": None}
    assert list(store.quarantined()) == []
    assert store.import_rows("a list", rows, file="b.csv", most_unreadable=0.25).added == 7


def test_a_file_without_rows_is_refused(store: KnownStore) -> None:
    with pytest.raises(ImportRefusedError, match="no rows"):
        store.import_rows("a list", [], file="a.csv")
    assert store.counts() == ()


def test_readers_keep_the_old_set_until_an_import_is_whole(store: KnownStore, path: Path) -> None:
    store.import_rows("a list", [entry("a")], file="a.csv")
    reader = KnownStore(path, clock=lambda: 0.0)
    seen = []

    def rows() -> Iterator[Row]:
        for number in range(25_000):
            yield entry(str(number))
        seen.append((reader.version, held(reader)))

    store.import_rows("a list", rows(), file="b.csv")
    assert seen == [(1, {"a": None})]
    assert (reader.version, len(held(reader))) == (2, 25_001)
    reader.close()


def test_an_import_that_breaks_off_leaves_nothing(store: KnownStore) -> None:
    def rows() -> Iterator[Row]:
        for number in range(15_000):
            yield entry(str(number))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.import_rows("a list", rows(), file="a.csv")
    assert (store.version, store.counts()) == (0, ())


def test_only_its_owner_may_read_the_file(store: KnownStore, path: Path) -> None:
    store.import_rows("a list", [entry("a")], file="a.csv")
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_a_file_that_is_no_known_set_is_refused_by_name(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database, and long enough to show it is none " * 10)
    with pytest.raises(StoreRefusedError, match=r"known\.sqlite"):
        KnownStore(path, clock=lambda: 0.0)


@pytest.mark.usefixtures("store")
def test_a_file_of_a_later_format_is_refused(path: Path) -> None:
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 2")
    later.close()
    with pytest.raises(StoreRefusedError, match="format 2"):
        KnownStore(path, clock=lambda: 0.0)
