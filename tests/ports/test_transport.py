"""The transport port's suite, on both adapters: the embedded log, and a real Kafka."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.contract.transport import Delivery, Subscriber
from crawler.transport import TransportTable
from tests.ports.adapters import Transport, take, values
from tests.services.kafka import KafkaServer


@pytest.fixture(params=["embedded", "kafka"])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    if request.param == "kafka":
        server: KafkaServer = request.getfixturevalue("kafka_server")
        table = TransportTable(kind="kafka", partitions=4, bootstrap_servers=(server.address,), delivery_seconds=20)
    else:
        table = TransportTable(partitions=4)
    made = Transport(table, tmp_path)
    yield made
    made.close()


def numbered(count: int, *, keys: int = 16) -> list[tuple[bytes, bytes]]:
    return [(f"key {number % keys}".encode(), f"{number}".encode()) for number in range(count)]


def pump(members: list[Subscriber], until: int, within: float = 30) -> list[list[Delivery]]:
    """Let members poll and commit in turn until they have got that many messages between them."""
    deadline = time.monotonic() + within
    found: list[list[Delivery]] = [[] for _ in members]
    while sum(map(len, found)) < until:
        assert time.monotonic() < deadline, f"{sum(map(len, found))} of {until} messages came within {within} s"
        for member, got in zip(members, found, strict=True):
            deliveries = member.poll(limit=20, timeout=0.1)
            member.commit(deliveries)
            got.extend(deliveries)
    return found


def settle(one: Subscriber, other: Subscriber, transport: Transport) -> None:
    """Pump until the two have shared the four partitions evenly in two rounds of probes."""
    even = 0
    for _ in range(20):
        transport.publish(*numbered(32, keys=32))
        first, second = ({each.partition for each in got} for got in pump([one, other], until=32))
        even = even + 1 if len(first) == len(second) == 2 and not first & second else 0
        if even == 2:
            return
    pytest.fail("the partitions were not shared evenly in twenty rounds")


def test_messages_of_one_key_arrive_in_the_order_they_were_sent(transport: Transport) -> None:
    transport.publish(*numbered(300, keys=5))
    received = take(transport.subscriber(), 300, limit=17)
    for key in {each.key for each in received}:
        of_key = [int(each.value) for each in received if each.key == key]
        assert of_key == sorted(of_key)
        assert len({each.partition for each in received if each.key == key}) == 1
    assert sorted(int(value) for value in values(received)) == list(range(300))


def test_what_was_acknowledged_is_there_after_the_publisher_was_killed(transport: Transport) -> None:
    child = transport.child("publisher", "crawler", "1000000")
    acknowledged = {int(child.line()) for _ in range(300)}
    child.kill()
    acknowledged |= {int(line) for line in child.rest()}
    found: set[int] = set()
    subscriber = transport.subscriber()
    deadline = time.monotonic() + 30
    while not acknowledged <= found and time.monotonic() < deadline:
        found |= {int(value.split()[1]) for value in values(subscriber.poll(limit=1000, timeout=0.5))}
    assert acknowledged <= found


def test_what_was_not_committed_is_delivered_again(transport: Transport) -> None:
    transport.publish(*numbered(20))
    first = transport.subscriber()
    before = take(first, 20)
    first.close()
    assert sorted(values(take(transport.subscriber(), 20))) == sorted(values(before))


def test_what_was_committed_is_not_delivered_again(transport: Transport) -> None:
    transport.publish(*numbered(20))
    first = transport.subscriber()
    first.commit(take(first, 20))
    first.close()
    transport.publish((b"key", b"later"))
    second = transport.subscriber()
    assert values(take(second, 1)) == [b"later"]
    assert not second.poll(limit=10, timeout=0.3)


def test_a_commit_covers_a_batch_and_not_what_was_read_after_it(transport: Transport) -> None:
    transport.publish(*[(b"one key", f"{number}".encode()) for number in range(10)])
    first = transport.subscriber()
    batch = take(first, 4, limit=4)
    take(first, 6)
    first.commit(batch)
    first.close()
    assert values(take(transport.subscriber(), 6)) == [b"4", b"5", b"6", b"7", b"8", b"9"]


def test_every_group_gets_everything(transport: Transport) -> None:
    transport.publish(*numbered(10))
    for group in ("matchers", "archive"):
        subscriber = transport.subscriber(group)
        subscriber.commit(take(subscriber, 10))


def test_two_members_share_the_partitions_and_none_reads_what_is_the_others(transport: Transport) -> None:
    one, other = transport.subscriber(), transport.subscriber()
    settle(one, other, transport)
    transport.publish(*numbered(200))
    ones, others = pump([one, other], until=200)
    assert not {each.partition for each in ones} & {each.partition for each in others}
    assert sorted(int(value) for value in values(ones + others)) == list(range(200))


def test_what_a_killed_member_had_not_committed_reaches_another_within_ten_seconds(transport: Transport) -> None:
    transport.publish(*numbered(40))
    child = transport.child("holder", "matchers", "40")
    assert child.line() == "holding"
    survivor = transport.subscriber()
    child.kill()
    assert len(take(survivor, 40, within=10)) == 40


def test_a_member_that_leaves_hands_over_at_once(transport: Transport) -> None:
    one, other = transport.subscriber(), transport.subscriber()
    settle(one, other, transport)
    one.close()
    transport.publish(*numbered(40))
    assert len(take(other, 40, within=5)) == 40


def test_a_member_that_was_frozen_while_others_took_over_cannot_commit(transport: Transport) -> None:
    transport.publish(*numbered(40))
    child = transport.child("holder", "matchers", "40")
    assert child.line() == "holding"
    child.freeze()
    successor = transport.subscriber()
    taken = take(successor, 40, within=15)
    child.thaw()
    child.tell("commit")
    # Kafka asks the successor's consent before it lets the frozen one in again.
    answers: list[str] = []
    listener = threading.Thread(target=lambda: answers.append(child.line()))
    listener.start()
    while listener.is_alive():
        successor.keep_alive()
        listener.join(0.2)
    assert answers == ["lost"]
    assert len(taken) == 40


def test_keeping_alive_holds_the_partitions_through_a_long_batch(transport: Transport) -> None:
    member, other = transport.subscriber(), transport.subscriber()
    settle(member, other, transport)
    transport.publish(*numbered(40))
    # The first reads of its share and then works on it for longer than a silent member would be waited for.
    share = take(member, 1)
    theirs: list[Delivery] = []
    until = time.monotonic() + 7.5
    while time.monotonic() < until:
        member.keep_alive()
        theirs += other.poll(limit=40, timeout=0.4)
    member.commit(share)
    assert share
    assert not {each.partition for each in share} & {each.partition for each in theirs}
    # What is left of the share comes after it, and nothing of it twice.
    theirs += take(member, 40 - len(share) - len(theirs))
    assert sorted(int(value) for value in values(share + theirs)) == list(range(40))


def test_a_poll_without_messages_ends_at_its_timeout(transport: Transport) -> None:
    subscriber = transport.subscriber()
    transport.publish((b"key", b"value"))
    take(subscriber, 1)
    began = time.monotonic()
    assert not subscriber.poll(limit=10, timeout=0.5)
    assert 0.4 < time.monotonic() - began < 2


def test_a_poll_returns_no_more_than_asked_for(transport: Transport) -> None:
    transport.publish(*numbered(50))
    subscriber = transport.subscriber()
    assert all(len(subscriber.poll(limit=7, timeout=2)) <= 7 for _ in range(5))


def test_lag_counts_what_the_group_has_not_committed(transport: Transport) -> None:
    subscriber = transport.subscriber()
    assert subscriber.lag() == 0
    transport.publish(*numbered(30))
    assert subscriber.lag() == 30
    batch = take(subscriber, 30)
    assert subscriber.lag() == 30
    subscriber.commit(batch)
    assert subscriber.lag() == 0
    assert transport.subscriber("archive").lag() == 30


def test_closing_a_publisher_waits_for_all_that_was_sent(transport: Transport) -> None:
    publisher = transport.publisher()
    futures = [publisher.publish(key, value) for key, value in numbered(500)]
    publisher.close()
    assert all(future.done() and future.exception() is None for future in futures)
    assert len(take(transport.subscriber(), 500)) == 500


def test_a_closed_publisher_refuses_messages_through_their_future(transport: Transport) -> None:
    publisher = transport.publisher()
    publisher.close()
    assert "closed" in str(publisher.publish(b"key", b"value").exception(timeout=5))


def test_threads_may_share_a_publisher(transport: Transport) -> None:
    publisher = transport.publisher()

    def publish_from(thread: int) -> None:
        for number in range(100):
            publisher.publish(f"{thread}".encode(), f"{thread} {number}".encode())

    threads = [threading.Thread(target=publish_from, args=(thread,)) for thread in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    publisher.close()
    received = values(take(transport.subscriber(), 400))
    for thread in range(4):
        assert [v for v in received if v.startswith(b"%d " % thread)] == [b"%d %d" % (thread, n) for n in range(100)]


def test_processes_may_publish_at_the_same_time(transport: Transport) -> None:
    children = [transport.child("publisher", name, "200") for name in ("one", "two", "three")]
    received = values(take(transport.subscriber(), 600))
    for child in children:
        assert len(child.rest()) == 200
    for name in (b"one", b"two", b"three"):
        assert [v for v in received if v.split()[0] == name] == [b"%s %d" % (name, n) for n in range(200)]


def test_a_buried_message_is_listed_with_its_reason_as_it_was(transport: Transport) -> None:
    transport.publish((b"\x00key", b"\xff not a record"))
    subscriber = transport.subscriber()
    (delivery,) = take(subscriber, 1)
    subscriber.bury(delivery, "it is not well-formed JSON")
    subscriber.commit([delivery])
    (letter,) = transport.dead_letters().letters()
    assert (letter.key, letter.value) == (b"\x00key", b"\xff not a record")
    assert (letter.topic, letter.reason) == (transport.topic, "it is not well-formed JSON")
    assert abs(letter.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert "not a record" not in repr(letter)


def test_a_message_that_is_buried_twice_is_one_letter(transport: Transport) -> None:
    transport.publish((b"key", b"value"))
    subscriber = transport.subscriber()
    (delivery,) = take(subscriber, 1)
    subscriber.bury(delivery, "first")
    subscriber.bury(delivery, "again, after a crash before the commit")
    assert len(list(transport.dead_letters().letters())) == 1


def test_a_publisher_may_bury_what_it_cannot_send(transport: Transport) -> None:
    publisher = transport.publisher()
    for number in range(3):
        publisher.bury(b"key", b"%d" % number, "too odd").result(timeout=30)
    assert [letter.value for letter in transport.dead_letters().letters()] == [b"0", b"1", b"2"]
    assert not transport.subscriber().poll(limit=1, timeout=1)


def test_replaying_publishes_all_letters_again_and_once(transport: Transport) -> None:
    publisher = transport.publisher()
    for number in range(5):
        publisher.bury(b"key", b"%d" % number, "too odd").result(timeout=30)
    letters = transport.dead_letters()
    assert letters.replay() == 5
    assert letters.replay() == 0
    assert not list(transport.dead_letters().letters())
    subscriber = transport.subscriber()
    assert [(each.key, each.value) for each in take(subscriber, 5)] == [(b"key", b"%d" % n) for n in range(5)]
    assert not subscriber.poll(limit=1, timeout=0.3)


def test_letters_may_be_replayed_by_their_ids(transport: Transport) -> None:
    publisher = transport.publisher()
    for number in range(3):
        publisher.bury(b"key", b"%d" % number, "too odd").result(timeout=30)
    letters = transport.dead_letters()
    first, second, third = letters.letters()
    assert letters.replay([second.id, "0-999999", "no id at all"]) == 1
    assert [each.id for each in letters.letters()] == [first.id, third.id]
    assert values(take(transport.subscriber(), 1)) == [b"1"]


def test_a_replayed_letter_may_be_buried_anew(transport: Transport) -> None:
    transport.publish((b"key", b"value"))
    subscriber = transport.subscriber()
    for reason in ("first", "second"):
        (delivery,) = take(subscriber, 1)
        subscriber.bury(delivery, reason)
        subscriber.commit([delivery])
        letters = transport.dead_letters()
        assert [letter.reason for letter in letters.letters()] == [reason]
        assert letters.replay() == 1
        assert not list(letters.letters())


def test_a_delivery_does_not_show_what_it_carries(transport: Transport) -> None:
    transport.publish((b"key", b"hidden"))
    (delivery,) = take(transport.subscriber(), 1)
    assert "hidden" not in repr(delivery)
