from pathlib import Path

import pytest

from matchers.contract.records import Restated
from matchers.known import KnownStore, NothingThereError, Tombstone
from tests.known_sets import FIRST, SECOND, add, known_store
from tests.unit.matchers.known.entries_held import entry, held, number_of, numbers, value_of


def told(store: KnownStore, after: int = 0) -> list[tuple[str, str | None, str | None, str | None, bool]]:
    return [
        (one.list, one.list_id, one.algorithm, one.withdrawn, one.flooding) for _, one in store.restatements(after, 100)
    ]


@pytest.fixture
def filled(store: KnownStore) -> KnownStore:
    add(store, [entry("a"), entry("a", algorithm="pdq"), entry("b"), entry("b", list_name="another")])
    return store


def test_an_entry_that_was_disabled_is_not_active_and_says_so(filled: KnownStore) -> None:
    version = filled.version
    changed = filled.disable("a list", "a", by=FIRST, reason="a blank page")
    assert (changed.entries, changed.version) == (2, version + 1)
    assert held(filled) == {"b": None}
    assert {one.provenance.withdrawn for one in filled.show("a list", "a")} == {"disabled"}
    assert told(filled) == [("a list", "a", "md5", "disabled", False), ("a list", "a", "pdq", "disabled", False)]


def test_disabling_twice_changes_nothing_the_second_time(filled: KnownStore) -> None:
    first = filled.disable("a list", "a", by=FIRST, reason="x")
    again = filled.disable("a list", "a", by=FIRST, reason="x")
    assert (again.entries, again.version) == (0, first.version)
    assert len(told(filled)) == 2


def test_an_entry_that_was_enabled_again_counts_again(filled: KnownStore) -> None:
    filled.disable("a list", "a", by=FIRST, reason="x")
    filled.enable("a list", "a", by=SECOND, reason="x")
    assert held(filled) == {"a": None, "b": None}
    assert told(filled, after=2) == [("a list", "a", "md5", None, False), ("a list", "a", "pdq", None, False)]


def test_a_disabled_entry_stays_off_when_its_list_names_it_again(filled: KnownStore) -> None:
    filled.disable("a list", "a", by=FIRST, reason="x")
    add(filled, [entry("a"), entry("a", algorithm="pdq")])
    assert held(filled) == {"b": None}


def test_enabling_does_not_bring_back_what_the_list_took_back(filled: KnownStore) -> None:
    filled.disable("a list", "a", by=FIRST, reason="x")
    filled.retract("a list", ["a"], by=FIRST, reason="the list said so")
    filled.enable("a list", "a", by=FIRST, reason="x")
    assert held(filled) == {"b": None}
    assert {one.provenance.withdrawn for one in filled.show("a list", "a")} == {"retracted"}


def test_a_disabled_list_is_withdrawn_whole_and_enabled_whole(filled: KnownStore) -> None:
    filled.disable("a list", "a", by=FIRST, reason="x")
    filled.disable("a list", by=FIRST, reason="x")
    assert {one.list for one in filled.entries(numbers(filled)).values()} == {"another"}
    assert filled.entries([number_of(filled, "b")])[number_of(filled, "b")].withdrawn == "disabled"
    assert [count.state for count in filled.counts()] == ["disabled", "approved"]
    filled.enable("a list", by=FIRST, reason="x")
    assert held(filled) == {"b": None}
    assert told(filled, after=2) == [
        ("a list", None, None, "disabled", False),
        ("a list", None, None, None, False),
        ("a list", "a", "md5", "disabled", False),
        ("a list", "a", "pdq", "disabled", False),
    ]


def test_what_changes_while_its_list_is_off_is_logged_as_withdrawn(filled: KnownStore) -> None:
    filled.disable("a list", "a", by=FIRST, reason="x")
    filled.disable("a list", by=FIRST, reason="x")
    filled.enable("a list", "a", by=FIRST, reason="x")
    assert told(filled, after=3) == [
        ("a list", "a", "md5", "disabled", False),
        ("a list", "a", "pdq", "disabled", False),
    ]


def test_a_disabled_hash_is_off_on_every_list_and_stays_off_on_lists_to_come(filled: KnownStore) -> None:
    changed = filled.disable_hash("md5", value_of("b"), by=FIRST, reason="a collision")
    assert changed.entries == 2
    assert held(filled) == {"a": None}
    add(filled, [entry("b", list_name="third"), entry("c", list_name="third")])
    assert held(filled) == {"a": None, "c": None}
    assert filled.enable_hash("md5", value_of("b"), by=FIRST, reason="it was none").entries == 3
    assert len(numbers(filled)) == 6


def test_an_entry_with_several_hashes_counts_while_any_of_them_does(store: KnownStore) -> None:
    add(store, [entry("1", list_id="a"), entry("2", list_id="a")])
    store.import_rows("a list", [Tombstone(list_id="a", algorithm="md5", value=value_of("1"))], file="x", by=FIRST)
    assert told(store) == [("a list", "a", "md5", None, False)]
    store.import_rows("a list", [Tombstone(list_id="a", algorithm="md5", value=value_of("2"))], file="x", by=FIRST)
    assert told(store, after=1) == [("a list", "a", "md5", "retracted", False)]


def test_entries_that_flood_are_active_and_marked_until_they_are_released(filled: KnownStore) -> None:
    number = number_of(filled, "b")
    version = filled.version
    assert filled.mark_flooding([number, 999]) == version + 1
    assert filled.mark_flooding([number]) == version + 1
    assert number in numbers(filled)
    assert filled.entries([number])[number].flooding
    assert filled.counts()[0].flooding == 1
    assert [each.provenance.list_id for each in filled.flooding("a list")] == ["b"]
    filled.release("a list", "b", by=FIRST, reason="a real series")
    assert not filled.entries([number])[number].flooding
    assert told(filled) == [("a list", "b", "md5", None, True), ("a list", "b", "md5", None, False)]
    assert filled.flooding("a list") == ()


def test_what_is_not_there_cannot_be_withdrawn(filled: KnownStore) -> None:
    for change in (filled.disable, filled.enable, filled.release):
        with pytest.raises(NothingThereError, match="no entry nobody"):
            change("a list", "nobody", by=FIRST, reason="x")
    with pytest.raises(NothingThereError, match="none of these"):
        filled.retract("a list", ["nobody"], by=FIRST, reason="x")


def test_the_log_is_read_in_pages_and_consumers_remember_how_far_they_came(filled: KnownStore, path: Path) -> None:
    filled.disable("a list", by=FIRST, reason="x")
    filled.enable("a list", by=FIRST, reason="x")
    filled.disable("another", "b", by=FIRST, reason="x")
    (number, first), *rest = filled.restatements(0, 2)
    assert isinstance(first, Restated)
    assert (first.version, len(rest)) == (filled.version - 2, 1)
    assert filled.cursor("rematching") == 0
    filled.advance("rematching", number + 1)
    filled.advance("rematching", number)
    filled.close()
    again = known_store(path)
    assert again.cursor("rematching") == number + 1
    assert [one.list for _, one in again.restatements(again.cursor("rematching"), 100)] == ["another"]
    again.close()


@pytest.mark.parametrize("value", ["", "abc", "z" * 32, "00 " * 10 + "00", "0" * 40])
def test_what_is_no_hash_cannot_be_disabled(filled: KnownStore, value: str) -> None:
    with pytest.raises(NothingThereError, match="no md5"):
        filled.disable_hash("md5", value, by=FIRST, reason="x")
    assert len(numbers(filled)) == 4
