"""What every shared store does."""

import threading
import time
from contextlib import ExitStack

from crawler.contract.shared import SharedStore
from tests.ports.frontier.workers import pipe, running
from tests.ports.shared.stores import Place, claim_all

OVER = 0.05


def test_what_was_put_is_there_for_everybody_in_the_order_asked_for(place: Place) -> None:
    place.open().put({"a": b"1", "b": b"\x00\xff", "empty": b""}, seconds=60)
    assert list(place.open().get(["b", "missing", "a", "empty", "b"])) == [b"\x00\xff", None, b"1", b"", b"\x00\xff"]


def test_asking_for_nothing_gives_nothing(store: SharedStore) -> None:
    store.put({}, seconds=60)
    store.forget([])
    assert list(store.get([])) == []


def test_what_is_put_again_takes_the_place_of_what_was_there(store: SharedStore) -> None:
    store.put({"a": b"1"}, seconds=OVER)
    store.put({"a": b"2"}, seconds=60)
    time.sleep(OVER * 2)
    assert list(store.get(["a"])) == [b"2"]


def test_an_entry_is_gone_when_its_time_is_over(store: SharedStore) -> None:
    store.put({"short": b"1"}, seconds=OVER)
    store.put({"long": b"2"}, seconds=60)
    time.sleep(OVER * 2)
    assert list(store.get(["short", "long"])) == [None, b"2"]


def test_what_is_forgotten_is_gone_and_nothing_else(store: SharedStore) -> None:
    store.put({"a": b"1", "b": b"2"}, seconds=60)
    store.forget(["a", "never there"])
    assert list(store.get(["a", "b"])) == [None, b"2"]


def test_many_entries_at_once(store: SharedStore) -> None:
    entries = {f"key {number}": str(number).encode() for number in range(1_700)}
    store.put(entries, seconds=60)
    assert list(store.get(list(entries))) == list(entries.values())
    store.forget(list(entries))
    assert set(store.get(list(entries))) == {None}


def test_one_owner_has_a_claim_until_it_lets_go(store: SharedStore) -> None:
    assert store.claim("a", "one", seconds=60)
    assert not store.claim("a", "two", seconds=60)
    store.let_go("a", "one")
    assert store.claim("a", "two", seconds=60)
    assert not store.claim("a", "one", seconds=60)


def test_nobody_lets_go_of_another_ones_claim(store: SharedStore) -> None:
    assert store.claim("a", "one", seconds=60)
    store.let_go("a", "two")
    assert not store.claim("a", "two", seconds=60)


def test_a_claim_ends_by_itself_and_can_be_extended_before(store: SharedStore) -> None:
    assert store.claim("ends", "one", seconds=OVER)
    assert store.claim("extended", "one", seconds=OVER)
    assert store.claim("extended", "one", seconds=60)
    time.sleep(OVER * 2)
    assert store.claim("ends", "two", seconds=60)
    assert not store.claim("extended", "two", seconds=60)


def test_claims_and_entries_of_one_name_leave_each_other_alone(store: SharedStore) -> None:
    store.put({"a": b"1"}, seconds=60)
    assert store.claim("a", "one", seconds=60)
    store.forget(["a"])
    assert not store.claim("a", "two", seconds=60)
    store.put({"a": b"2"}, seconds=60)
    store.let_go("a", "one")
    assert list(store.get(["a"])) == [b"2"]


def test_two_processes_that_claim_at_once_share_the_keys_and_none_twice(place: Place) -> None:
    keys = 300
    begin_at = time.time() + 1.5  # by then both have started, and opened their store
    with ExitStack() as stack:
        ends = []
        for owner in ("one", "two"):
            ours, theirs = pipe()
            stack.enter_context(running(claim_all, place, owner, keys, begin_at, theirs))
            ends.append(ours)
        assert all(end.poll(60) for end in ends)
        one, two = (end.recv() for end in ends)
    assert sorted(one + two) == list(range(keys))


def test_threads_that_claim_at_once_share_the_keys_and_none_twice(store: SharedStore) -> None:
    won: list[int] = []

    def claim(owner: str) -> None:
        won.extend(number for number in range(100) if store.claim(str(number), owner, seconds=60))

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == list(range(100))
