"""What a snapshot says of a version and of what changed since, beside a model that remembers every version."""

import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, Tombstone
from matchers.known.schema import CODES
from tests.known_sets import FIRST, SECOND, add, known_store
from tests.unit.matchers.known.entries_held import entry, number_of

NAMES = "abcde"
LISTS = ("one", "two")


def active(store: KnownStore) -> dict[int, bytes]:
    """Number and veiled hash of all that is active, by one whole reading."""
    with store.snapshot() as snapshot:
        return dict(pairs(snapshot.values(algorithm) for algorithm in CODES))


def pairs(found: Iterator[Iterator[tuple[object, bytes]]]) -> Iterator[tuple[int, bytes]]:
    for blocks in found:
        for numbers, joined in blocks:
            assert isinstance(numbers, list)
            width = len(joined) // len(numbers)
            assert numbers == sorted(numbers)
            for place, number in enumerate(numbers):
                yield number, joined[place * width : (place + 1) * width]


def check_changes(store: KnownStore, history: dict[int, dict[int, bytes]]) -> None:
    """From every earlier version, removing what was removed and adding what changed gives what is active now."""
    now = active(store)
    with store.snapshot() as snapshot:
        for version, before in history.items():
            changes = dict(pairs(snapshot.changes(version, algorithm) for algorithm in CODES))
            removed = snapshot.removed(version)
            brought_up = {number: value for number, value in before.items() if number not in set(removed)} | changes
            assert brought_up == now
            assert not set(removed) & set(now)
            assert snapshot.changed_since(version) == len(changes) + len(removed)
        assert snapshot.changed_since(snapshot.version) == 0


def change(store: KnownStore, choice: random.Random) -> None:
    """One change that a person, a list or the flood watch may make."""
    name, list_name = choice.choice(NAMES), choice.choice(LISTS)
    made: list[KnownEntry] = [
        entry(each, list_name=list_name, algorithm=choice.choice(("md5", "pdq"))) for each in choice.sample(NAMES, 2)
    ]
    kind = choice.randrange(9)
    if kind <= 1 or not any(count.list == list_name for count in store.counts()):
        add(store, made)
    elif kind == 2:
        store.import_rows(list_name, [Tombstone(list_id=name)], file="x", by=FIRST)
    elif kind == 3:
        store.import_rows(list_name, made, file="x", by=FIRST, complete=True)
    elif kind == 4:
        (store.disable if choice.random() < 0.5 else store.enable)(list_name, by=FIRST, reason="x")
    elif kind == 5:
        switch = store.disable_hash if choice.random() < 0.5 else store.enable_hash
        switch("md5", entry(name).value, by=FIRST, reason="x")
    elif kind == 6:
        store.mark_flooding(choice.sample(range(1, 12), 3))
    elif store.show(list_name, name):
        (store.disable if choice.random() < 0.5 else store.enable)(list_name, name, by=SECOND, reason="x")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_what_changed_since_any_version_brings_that_version_up_to_the_present(seed: int) -> None:
    choice = random.Random(seed)
    with TemporaryDirectory() as folder:
        store = known_store(Path(folder) / "known.sqlite")
        history = {0: active(store)}
        for _ in range(14):
            change(store, choice)
            history[store.version] = active(store)
        check_changes(store, history)
        assert store.verify().faults == ()
        store.close()


def test_a_snapshot_stays_at_its_version_while_the_set_goes_on(store: KnownStore) -> None:
    add(store, [entry("a"), entry("b")])
    with store.snapshot() as snapshot:
        add(store, [entry("c")])
        store.disable("a list", "a", by=FIRST, reason="x")
        assert (snapshot.version, store.version) == (1, 3)
        ((numbers, _),) = snapshot.values("md5")
        assert len(numbers) == 2
        assert list(snapshot.removed(0)) == []


def test_the_mark_of_a_version_tells_this_sets_history_from_anothers(path: Path, tmp_path: Path) -> None:
    one, other = known_store(path, [entry("a")]), known_store(tmp_path / "other.sqlite", [entry("a")])
    with one.snapshot() as first, other.snapshot() as second:
        assert first.mark(0) != second.mark(0)
        assert first.mark(1) != second.mark(1)
        assert first.mark(2) is None
        mark = first.mark(1)
    add(one, [entry("b")])
    with one.snapshot() as later:
        assert later.mark(1) == mark
    one.close()
    other.close()


def test_numbers_are_never_used_again(store: KnownStore) -> None:
    add(store, [entry("a")])
    first = number_of(store, "a")
    store.retract("a list", ["a"], by=FIRST, reason="x")
    add(store, [entry("b")])
    assert number_of(store, "b") > first
