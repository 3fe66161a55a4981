import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from matchers.contract.records import Algorithm, Provenance
from matchers.known import (
    BadRow,
    ImportRefusedError,
    ImportReport,
    KnownStore,
    LeftOut,
    ListHead,
    NotAllowedError,
    Registration,
    Row,
    Sense,
    Tombstone,
)
from tests.known_sets import FIRST, SECOND, add, known_store, registration
from tests.unit.matchers.known.entries_held import entry, held, number_of, numbers, value_of


def register(store: KnownStore, registered: Registration) -> None:
    proposal = store.register(registered, by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)


@pytest.fixture
def listed(store: KnownStore) -> KnownStore:
    register(store, registration("a list"))
    return store


def take(store: KnownStore, *rows: Row, file: str = "a.csv", complete: bool = False) -> ImportReport:
    return store.import_rows("a list", rows, file=file, by=FIRST, complete=complete)


def test_an_import_keeps_entries_with_their_provenance(store: KnownStore) -> None:
    register(store, registration("a list", {"A1": "baseline"}))
    dated = datetime(2026, 1, 2, tzinfo=UTC)
    made = entry("a", algorithm="sha256", category="A1", source="hotline", dated=dated)
    report = take(store, ListHead(version="v7"), made)
    assert (report.added, report.already_there, report.unreadable, report.version) == (1, 0, 0, 1)
    (number,) = numbers(store)
    assert store.entries([number, 99]) == {
        number: Provenance(
            algorithm="sha256",
            list="a list",
            list_id="a",
            category="A1",
            meaning="baseline",
            source="hotline",
            dated=dated,
            list_version="v7",
        )
    }


def test_importing_the_same_again_changes_nothing(listed: KnownStore) -> None:
    first = take(listed, entry("a"), entry("b"), entry("b"))
    again = take(listed, entry("a"), entry("b"), entry("b"))
    assert (first.added, first.already_there, first.version) == (2, 1, 1)
    assert (again.added, again.changed, again.already_there, again.version) == (0, 0, 3, 1)
    assert listed.version == 1


def test_a_new_category_replaces_the_old_one_and_makes_a_new_version(store: KnownStore) -> None:
    register(store, registration("a list", {"old": "national", "new": "baseline", "": "illegal"}))
    take(store, entry("a", category="old"), entry("b"))
    report = take(store, entry("a", category="new"), entry("b"))
    assert (report.added, report.changed, report.already_there, report.version) == (0, 1, 1, 2)
    assert held(store) == {"a": "new", "b": None}


def test_of_rows_that_name_one_hash_twice_the_last_one_counts(store: KnownStore) -> None:
    register(store, registration("a list", {"1": "baseline", "2": "national"}))
    take(store, entry("a", category="1"), entry("a", category="2"))
    assert held(store) == {"a": "2"}


def test_the_same_hash_on_two_lists_is_two_entries(store: KnownStore) -> None:
    add(store, [entry("a"), entry("a", list_name="another")])
    assert [(count.list, count.entries) for count in store.counts()] == [
        ("a list", {"md5": 1}),
        ("another", {"md5": 1}),
    ]
    assert store.version == 2


def test_an_entry_of_another_list_is_not_taken_in(listed: KnownStore) -> None:
    with pytest.raises(ValueError, match="another list"):
        take(listed, entry("a", list_name="another"))
    assert held(listed) == {}


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "pdq", "phash", "dhash"])
def test_entries_of_every_algorithm_are_kept(listed: KnownStore, algorithm: Algorithm) -> None:
    take(listed, entry("a", algorithm=algorithm))
    assert listed.counts()[0].entries == {algorithm: 1}
    (shown,) = listed.show("a list", "a", with_hashes=True)
    assert shown.hash == (None if algorithm in {"md5", "sha1", "sha256"} else value_of("a", algorithm))


def test_a_list_that_nobody_registered_is_not_imported(store: KnownStore) -> None:
    with pytest.raises(NotAllowedError, match="zoeklicht known register"):
        take(store, entry("a"))


def test_a_list_that_waits_for_approval_is_not_imported(store: KnownStore) -> None:
    proposal = store.register(registration("a list"), by=FIRST)
    with pytest.raises(NotAllowedError, match=f"zoeklicht known approve {proposal}"):
        take(store, entry("a"))


def test_rows_that_cannot_be_read_are_set_aside_by_line_and_reason(listed: KnownStore) -> None:
    bad = BadRow(line=3, reason="the hash is missing")
    report = take(listed, entry("a"), entry("b"), bad, entry("c"), entry("d"))
    assert (report.added, report.unreadable) == (4, 1)
    assert [(row.list, row.file, row.line, row.reason) for row in listed.quarantined("a list")] == [
        ("a list", "a.csv", 3, "the hash is missing")
    ]
    with pytest.raises(NotAllowedError, match="no list another"):
        list(listed.quarantined("another"))
    assert listed.counts()[0].quarantined == 1


def test_a_file_imported_again_after_it_was_mended_leaves_quarantine(listed: KnownStore) -> None:
    good = [entry(str(i)) for i in range(9)]
    take(listed, *good, BadRow(line=10, reason="the hash is missing"))
    take(listed, *good, entry("mended"))
    assert list(listed.quarantined()) == []


def test_a_file_of_which_too_much_cannot_be_read_is_refused_whole(listed: KnownStore) -> None:
    take(listed, entry("a"))
    rows: list[Row] = [*[entry(str(i)) for i in range(7)], BadRow(line=8, reason="x"), BadRow(line=9, reason="x")]
    with pytest.raises(
        ImportRefusedError, match=r"2 of 9 rows cannot be read, more than 20%.*x \(2, first in line 8\)"
    ):
        take(listed, *rows, file="b.csv")
    assert held(listed) == {"a": None}
    assert list(listed.quarantined()) == []
    assert listed.import_rows("a list", rows, file="b.csv", by=FIRST, most_unreadable=0.25).added == 7


def test_a_file_without_rows_is_refused(listed: KnownStore) -> None:
    with pytest.raises(ImportRefusedError, match="no rows"):
        take(listed)
    assert (listed.version, listed.counts()[0].last_import) == (0, None)


def test_what_is_not_for_this_set_is_counted_by_reason(listed: KnownStore) -> None:
    report = take(listed, entry("a"), LeftOut(reason="PhotoDNA"), LeftOut(reason="a film"), LeftOut(reason="PhotoDNA"))
    assert report.left_out == {"PhotoDNA": 2, "a film": 1}


@pytest.mark.parametrize("mapping", [None, {"1": "baseline"}])
def test_categories_that_are_not_mapped_refuse_the_file_and_are_named(
    store: KnownStore, mapping: dict[str, Sense] | None
) -> None:
    register(store, registration("a list", mapping))
    with pytest.raises(ImportRefusedError, match=r"7 \(2 rows\), 9 \(1 rows\)\..*no default"):
        take(store, *[entry(name, category=category) for name, category in zip("abc", "797", strict=True)])
    assert held(store) == {}


def test_of_very_many_unmapped_categories_the_most_frequent_are_named(store: KnownStore) -> None:
    register(store, registration("a list"))
    rows = [entry(f"{number}", category=f"kind {min(number, 30)}") for number in range(40)]
    with pytest.raises(ImportRefusedError, match=r"imported: kind 30 \(10 rows\), kind 0 \(1 rows\).* and others\."):
        take(store, *rows)


def test_in_a_list_with_categories_rows_without_one_need_a_mapping_too(store: KnownStore) -> None:
    register(store, registration("a list", {"1": "baseline"}))
    with pytest.raises(ImportRefusedError, match=r"\(none\) \(1 rows\)"):
        take(store, entry("a", category="1"), entry("b"))


def test_categories_that_are_left_out_are_counted_and_not_held(store: KnownStore) -> None:
    register(store, registration("a list", {"1": "baseline", "0": "leave_out"}))
    report = take(store, entry("a", category="1"), entry("b", category="0"))
    assert (report.added, report.already_there, report.left_out) == (1, 0, {"its category is mapped to leave_out": 1})
    assert held(store) == {"a": "1"}


def test_an_entry_whose_category_is_left_out_from_now_on_is_taken_back(store: KnownStore) -> None:
    register(store, registration("a list", {"1": "baseline", "0": "leave_out"}))
    take(store, entry("a", category="1"), entry("b", category="1"))
    report = take(store, entry("a", category="0"))
    assert (report.changed, report.retracted, report.version) == (0, 1, 2)
    assert held(store) == {"b": "1"}


def test_tombstones_take_entries_back_by_id_algorithm_or_hash(listed: KnownStore) -> None:
    take(
        listed,
        *[entry(f"{name} {which}", list_id=name) for name in "abc" for which in "12"],
        *[entry(name, list_id=name, algorithm="pdq") for name in "abc"],
    )
    report = take(
        listed,
        Tombstone(list_id="a"),
        Tombstone(list_id="b", algorithm="pdq"),
        Tombstone(list_id="c", algorithm="md5", value=value_of("c 1")),
        Tombstone(list_id="never there"),
    )
    assert (report.retracted, report.version) == (5, 2)
    again = take(listed, Tombstone(list_id="a"), Tombstone(list_id="b", algorithm="pdq"))
    assert (again.retracted, again.version) == (0, 2)
    left = [(one.list_id, one.algorithm) for one in listed.entries(numbers(listed)).values()]
    assert sorted(left) == [("b", "md5"), ("b", "md5"), ("c", "md5"), ("c", "pdq")]


def test_a_tombstone_takes_back_what_its_file_named_before_it_and_not_what_it_names_after(listed: KnownStore) -> None:
    report = take(listed, entry("a"), entry("b"), Tombstone(list_id="a"), Tombstone(list_id="c"), entry("c"))
    assert (report.added, report.retracted) == (2, 0)
    assert held(listed) == {"b": None, "c": None}
    take(listed, Tombstone(list_id="b"), entry("b"))
    assert held(listed) == {"b": None, "c": None}


def test_an_entry_that_is_named_again_counts_again_under_its_old_number(listed: KnownStore) -> None:
    take(listed, entry("a"), entry("b"))
    number = number_of(listed, "a")
    take(listed, Tombstone(list_id="a"))
    assert listed.entries([number])[number].withdrawn == "retracted"
    report = take(listed, entry("a"))
    assert (report.added, report.changed, report.version) == (0, 1, 3)
    assert number_of(listed, "a") == number
    assert listed.entries([number])[number].withdrawn is None


def test_a_complete_file_takes_back_what_it_does_not_name(listed: KnownStore) -> None:
    take(listed, entry("a"), entry("b"), entry("c"))
    report = take(listed, entry("a"), entry("d"), complete=True)
    assert (report.added, report.retracted) == (1, 2)
    assert held(listed) == {"a": None, "d": None}


def test_a_complete_file_with_unreadable_rows_takes_nothing_back_and_says_so(listed: KnownStore) -> None:
    good = [entry(str(number)) for number in range(8)]
    take(listed, *good, entry("perhaps in the bad row"))
    report = take(listed, *good, BadRow(line=9, reason="x"), complete=True)
    assert report.retracted == 0
    assert report.left_out == {"not named, but kept, since rows of this complete file could not be read": 1}


def test_a_complete_file_that_names_nothing_is_refused(listed: KnownStore) -> None:
    take(listed, entry("a"))
    with pytest.raises(ImportRefusedError, match="zoeklicht known retract"):
        take(listed, LeftOut(reason="PhotoDNA"), complete=True)
    assert held(listed) == {"a": None}


def test_entries_say_which_version_of_their_list_named_them_last(listed: KnownStore) -> None:
    def versions() -> dict[str, str | None]:
        return {one.list_id: one.list_version for one in listed.entries(numbers(listed)).values()}

    take(listed, ListHead(version="v1"), entry("a"), entry("b"))
    take(listed, ListHead(version="v2"), entry("b"))
    assert (versions(), listed.version) == ({"a": "v1", "b": "v2"}, 1)
    take(listed, ListHead(version="v3"), entry("a"), entry("b"), complete=True)
    assert versions() == {"a": "v3", "b": "v3"}
    assert listed.counts()[0].list_version == "v3"


def test_readers_keep_the_old_set_until_an_import_is_whole(listed: KnownStore, path: Path) -> None:
    take(listed, entry("a"))
    reader = known_store(path)
    seen = []

    def rows() -> Iterator[Row]:
        for number in range(25_000):
            yield entry(str(number))
        seen.append((reader.version, held(reader)))

    listed.import_rows("a list", rows(), file="b.csv", by=FIRST)
    assert seen == [(1, {"a": None})]
    assert (reader.version, len(held(reader))) == (2, 25_001)
    reader.close()


def test_an_import_that_breaks_off_leaves_nothing(listed: KnownStore, path: Path) -> None:
    def rows() -> Iterator[Row]:
        for number in range(25_000):
            yield entry(str(number))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        listed.import_rows("a list", rows(), file="a.csv", by=FIRST)
    assert (listed.version, held(listed)) == (0, {})
    assert list(path.with_name("known.sqlite-staging").iterdir()) == []


def test_imports_at_the_same_time_all_come_in(listed: KnownStore, path: Path) -> None:
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        store = known_store(path)
        try:
            for turn in range(3):
                rows = [entry(f"{worker} {turn} {number}") for number in range(300)]
                store.import_rows("a list", rows, file=f"{worker}.csv", by=FIRST)
        except BaseException as error:  # noqa: BLE001 -- shown below
            failed.append(error)
        finally:
            store.close()

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert failed == []
    assert len(held(listed)) == 4 * 3 * 300
    assert listed.version == 12
    assert listed.verify().faults == ()


def test_a_list_that_was_retracted_takes_no_imports_until_it_is_registered_again(listed: KnownStore) -> None:
    take(listed, entry("a"))
    ended = listed.retract("a list", None, by=FIRST, reason="the provider stopped")
    assert ended.proposal is not None
    listed.approve(ended.proposal, by=SECOND)
    with pytest.raises(NotAllowedError, match="was retracted"):
        take(listed, entry("a"))
    register(listed, registration("a list"))
    assert take(listed, entry("a")).already_there == 1
    assert held(listed) == {"a": None}
