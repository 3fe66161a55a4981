import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from crawler.contract.records import IMAGES_SEEN, ImageSeen
from crawler.contract.telemetry import ENTRIES_FLOODING, counter
from crawler.contract.transport import DeadLetter, Subscriber
from crawler.transport import TransportTable, encode, open_dead_letters, open_publisher, open_subscriber
from crawler.transport.embedded.subscriber import EmbeddedSubscriber
from matchers.contract.errors import TooMuchPoisonError
from matchers.contract.ports import HitStore
from matchers.contract.records import Found, KnownEntry
from matchers.floods import FloodsTable, open_flood_watch
from matchers.hits import HitsTable, open_hit_store
from matchers.hits.sqlite import SqliteHitStore
from matchers.known import LoadedKnownSet
from matchers.rematching import Standing, restate_withdrawn
from matchers.seen import SeenStore, SeenTable, open_seen_store
from matchers.worker import Flooding, MatchingTable, MatchWorker
from tests.known_sets import FIRST, known_store
from tests.pictures_seen import DIGEST_KEY, flipped, hash_of, picture_seen

TRANSPORT = TransportTable()
LOOKS = hash_of("known looks")
VEIL_KEY = bytes(range(32))


class Chain:
    """An embedded transport, a known set of one digest (of "known") and one look, and a hit store."""

    def __init__(self, state: Path) -> None:
        self.state = state
        entries = [
            KnownEntry(algorithm="sha256", value=hash_of("known"), list="a list", list_id="1"),
            KnownEntry(algorithm="pdq", value=LOOKS, list="a list", list_id="2"),
        ]
        self.store = known_store(state / "known.sqlite", entries, clock=time.time)
        self.known = LoadedKnownSet(self.store, distance=31, min_quality=50, dihedral=True)
        self.hits = SqliteHitStore(state / "hits.sqlite")
        self._closing: list[Callable[[], None]] = [self.store.close, self.hits.close]

    def publish(self, *messages: ImageSeen | bytes) -> None:
        publisher = open_publisher(TRANSPORT, self.state, IMAGES_SEEN)
        for each in messages:
            value = each if isinstance(each, bytes) else encode(each)
            # One key: one partition, so that the order is this one.
            publisher.publish(b"key", value).result(timeout=30)
        publisher.close()

    def subscriber(self) -> Subscriber:
        opened = open_subscriber(TRANSPORT, self.state, IMAGES_SEEN, "matchers")
        self._closing.insert(0, opened.close)
        return opened

    def worker(
        self,
        *,
        table: MatchingTable | None = None,
        hits: HitStore | None = None,
        subscriber: Subscriber | None = None,
        seen_store: SeenStore | None = None,
    ) -> MatchWorker:
        """As a process has it, but for `seen_store`."""
        table = table or MatchingTable()
        watch = open_flood_watch(table.floods, self.state, time.time, digest_key=DIGEST_KEY)
        self._closing.append(watch.close)
        return MatchWorker(
            subscriber or self.subscriber(),
            self.known,
            hits or self.hits,
            table,
            digest_key=DIGEST_KEY,
            standing=Standing(self.store, hits or self.hits),
            flooding=Flooding(watch, self.store),
            seen_store=seen_store,
        )

    def seen_store(self) -> SeenStore:
        opened = open_seen_store(SeenTable(), self.state, time.time, veil_key=VEIL_KEY, digest_key=DIGEST_KEY)
        self._closing.append(opened.close)
        return opened

    def dead_letters(self) -> list[DeadLetter]:
        letters = open_dead_letters(TRANSPORT, self.state, IMAGES_SEEN)
        found = list(letters.letters())
        letters.close()
        return found

    def close(self) -> None:
        for close in self._closing:
            close()


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    made = Chain(tmp_path)
    yield made
    made.close()


def test_known_pictures_become_hits_and_others_do_not(chain: Chain) -> None:
    alike = picture_seen("alike", pdq=flipped(LOOKS, range(5)))
    chain.publish(picture_seen("known"), picture_seen("other"), alike)
    counts = chain.worker().run(once=True)
    assert {(hit.hit.id, hit.evidence[0].match.distance) for hit in chain.hits.hits()} == {
        (picture_seen("known").item_digest, 0),
        (alike.item_digest, 5),
    }
    assert (counts.looked_up, counts.hits, counts.matched) == (3, 2, 2)


def test_what_was_worked_through_is_not_delivered_again(chain: Chain) -> None:
    chain.publish(picture_seen("known"))
    first = chain.subscriber()
    assert chain.worker(subscriber=first).run(once=True).looked_up == 1
    first.close()
    assert chain.worker().run(once=True).looked_up == 0


def test_more_pictures_than_a_batch_are_all_looked_up(chain: Chain) -> None:
    chain.publish(*[picture_seen("known", at=str(number)) for number in range(25)])
    counts = chain.worker(table=MatchingTable(batch=4)).run(once=True)
    assert (counts.looked_up, chain.hits.count()) == (25, 25)


class MeasuredStore(SqliteHitStore):
    """Takes a moment over each batch, and calls something after each."""

    def __init__(self, path: Path, after: Callable[[int], object]) -> None:
        super().__init__(path)
        self.after = after
        self.batches = 0

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        time.sleep(0.05)
        super().store(found, again=again)
        self.batches += 1
        self.after(self.batches)


def test_told_to_stop_in_the_midst_of_a_long_stream_it_commits_what_it_stored_and_leaves_the_rest(chain: Chain) -> None:
    chain.publish(*[picture_seen("known", at=str(number)) for number in range(60)])
    enough = threading.Event()
    hits = MeasuredStore(chain.state / "hits.sqlite", lambda batches: enough.set() if batches == 3 else None)
    first = chain.subscriber()
    stopped = chain.worker(table=MatchingTable(batch=4), hits=hits, subscriber=first).run(should_stop=enough.is_set)
    hits.close()
    assert first.lag() == 60 - stopped.looked_up
    assert stopped.looked_up == 12
    first.close()
    assert chain.worker().run(once=True).looked_up == 48
    assert chain.hits.count() == 60


def test_nothing_is_committed_before_it_is_stored_though_the_next_batch_is_read_meanwhile(chain: Chain) -> None:
    chain.publish(*[picture_seen("known", at=str(number)) for number in range(20)])
    subscriber = chain.subscriber()
    other = EmbeddedSubscriber(chain.state / "transport.sqlite", IMAGES_SEEN, "matchers", partitions=8)
    missing: list[int] = []

    def look(_: int) -> None:
        missing.append(20 - other.lag() - chain.hits.count())

    hits = MeasuredStore(chain.state / "hits.sqlite", look)
    chain.worker(table=MatchingTable(batch=4), hits=hits, subscriber=subscriber).run(once=True)
    assert max(missing) <= 0
    assert (subscriber.lag(), chain.hits.count()) == (0, 20)
    other.close()
    hits.close()


def test_pictures_matched_in_part_only_are_counted_under_the_reason(chain: Chain) -> None:
    chain.publish(picture_seen("known", quality=10), picture_seen("a", decoded=False), picture_seen("b"))
    counts = chain.worker().run(once=True)
    assert (counts.looked_up, counts.hits, counts.low_quality, counts.undecoded) == (3, 1, 1, 1)


def test_an_unreadable_message_lies_with_the_dead_letters_and_costs_nothing_else(chain: Chain) -> None:
    chain.publish(picture_seen("known", at="1"), b"{}", b"\xff", picture_seen("known", at="2"))
    counts = chain.worker().run(once=True)
    assert (counts.poison, counts.hits) == (2, 2)
    assert [(letter.value, letter.reason != "") for letter in chain.dead_letters()] == [(b"{}", True), (b"\xff", True)]


def test_too_much_poison_in_a_row_stops_before_the_topic_is_drained(chain: Chain) -> None:
    chain.publish(picture_seen("known"), *[b"poison"] * 8, picture_seen("known", at="after"))
    subscriber = chain.subscriber()
    with pytest.raises(TooMuchPoisonError, match="5 messages in a row"):
        chain.worker(table=MatchingTable(poison_limit=5), subscriber=subscriber).run(once=True)
    assert chain.hits.count() == 1
    assert len(chain.dead_letters()) == 5
    assert subscriber.lag() == 4


def test_poison_that_is_not_in_a_row_does_not_stop(chain: Chain) -> None:
    messages: list[ImageSeen | bytes] = [b"poison", b"poison", picture_seen("other")]
    chain.publish(*messages * 4)
    counts = chain.worker(table=MatchingTable(poison_limit=2, batch=2)).run(once=True)
    assert (counts.poison, counts.looked_up) == (8, 4)


def test_a_hash_imported_while_it_runs_is_matched(chain: Chain, tmp_path: Path) -> None:
    enough = threading.Event()
    done = threading.Thread(target=lambda: chain.worker().run(should_stop=enough.is_set))
    with chain.known.kept_fresh(0.02):
        done.start()
        other = known_store(
            tmp_path / "known.sqlite",
            [KnownEntry(algorithm="md5", value=hash_of("n", "md5"), list="new", list_id="1")],
            clock=time.time,
        )
        now = other.version
        other.close()
        until(lambda: chain.known.version == now)
        chain.publish(picture_seen("n"))
        until(lambda: chain.hits.count() == 1)
        enough.set()
        done.join()
    (hit,) = chain.hits.hits()
    assert (hit.evidence[0].match.list, hit.evidence[0].known_version) == ("new", now)


def test_what_was_seen_is_kept_with_the_version_it_was_matched_with(chain: Chain) -> None:
    seen_store = chain.seen_store()
    chain.publish(picture_seen("known"), picture_seen("other"), b"poison", picture_seen("another"))
    chain.worker(seen_store=seen_store).run(once=True)
    assert seen_store.counts(chain.known.version).pictures == 3
    assert seen_store.versions(chain.known.version) == []
    assert seen_store.versions(chain.known.version + 1) == [chain.known.version]


class LateStore(SqliteHitStore):
    """Calls something once, after the first batch was matched and before it is stored."""

    def __init__(self, path: Path, meanwhile: Callable[[], object]) -> None:
        super().__init__(path)
        self.meanwhile: Callable[[], object] | None = meanwhile

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        if self.meanwhile:
            self.meanwhile()
            self.meanwhile = None
        super().store(found, again=again)


def test_an_entry_that_is_withdrawn_between_look_up_and_storing_leaves_no_open_hit(chain: Chain) -> None:
    late = LateStore(
        chain.state / "hits.sqlite", lambda: chain.store.disable("a list", "1", by=FIRST, reason="found wrong")
    )
    chain.publish(picture_seen("known"), picture_seen("alike", pdq=LOOKS))
    counts = chain.worker(hits=late).run(once=True)
    assert (counts.hits, counts.restated) == (2, 1)
    assert [hit.hit.id for hit in late.hits("withdrawn")] == [picture_seen("known").item_digest]
    assert [hit.hit.id for hit in late.hits("open")] == [picture_seen("alike").item_digest]
    late.close()


def told_to_prometheus() -> float:
    counter(ENTRIES_FLOODING)
    return REGISTRY.get_sample_value(ENTRIES_FLOODING.name) or 0.0


def near(number: int) -> ImageSeen:
    return picture_seen(f"near {number}", pdq=flipped(LOOKS, [number, number + 100]))


def test_a_flood_is_held_apart_from_then_on_and_what_it_filled_before_too(
    chain: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    table = MatchingTable(batch=5, floods=FloodsTable(pictures=20))
    before = told_to_prometheus()
    with chain.known.kept_fresh(0.01):
        chain.publish(*[near(number) for number in range(30)])
        with caplog.at_level(logging.ERROR, "matchers"):
            first = chain.worker(table=table).run(once=True)
        restate_withdrawn(chain.store, chain.hits, time.time)
        chain.publish(*[near(number) for number in range(30, 40)], picture_seen("known"))
        second = chain.worker(table=table).run(once=True)
    assert (first.flooding, second.flooding) == (1, 0)
    assert (second.matched, second.held_apart) == (11, 10)
    assert len(list(chain.hits.hits("apart"))) == 40
    assert [hit.hit.id for hit in chain.hits.hits("open")] == [picture_seen("known").item_digest]
    (record,) = caplog.records
    assert "entry 2 of list a list (pdq) matched 20 different pictures on 1 hosts" in record.getMessage()
    assert told_to_prometheus() == before + 1

    chain.store.release("a list", "2", by=FIRST, reason="looked at")
    restate_withdrawn(chain.store, chain.hits, time.time)
    assert len(list(chain.hits.hits("open"))) == 41


def test_what_is_weak_does_not_come_to_count_when_a_flood_is_released(chain: Chain) -> None:
    (number,) = (shown.number for shown in chain.store.show("a list", "2"))
    chain.store.mark_flooding([number])
    chain.publish(picture_seen("weak", pdq=LOOKS, quality=10), picture_seen("clear", pdq=LOOKS))
    chain.worker().run(once=True)
    assert {hit.evidence[0].match.held_apart for hit in chain.hits.hits("apart")} == {"low_quality", "flood"}
    chain.store.release("a list", "2", by=FIRST, reason="looked at")
    restate_withdrawn(chain.store, chain.hits, time.time)
    assert [hit.hit.id for hit in chain.hits.hits("open")] == [picture_seen("clear").item_digest]
    assert [hit.hit.id for hit in chain.hits.hits("apart")] == [picture_seen("weak").item_digest]


def test_told_to_stop_while_the_store_is_away_it_ends_and_commits_nothing(
    chain: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    chain.publish(picture_seen("known"), picture_seen("other"))
    enough = threading.Event()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        away = open_hit_store(HitsTable(kind="elasticsearch", urls=(url,), attempts=1), chain.state)
        threading.Timer(1, enough.set).start()
        with caplog.at_level(logging.WARNING, "matchers"):
            first = chain.subscriber()
            counts = chain.worker(hits=away, subscriber=first).run(once=True, should_stop=enough.is_set)
        first.close()
        away.close()
    assert counts.looked_up == 0
    assert "Elasticsearch does not answer" in caplog.text
    assert chain.worker().run(once=True).hits == 1


class SlowStore(SqliteHitStore):
    """Takes its time over the first batch."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(path)
        self.seconds = seconds

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        time.sleep(self.seconds)
        self.seconds = 0.0
        super().store(found, again=again)


def test_a_batch_that_takes_long_stays_with_its_matcher(chain: Chain, tmp_path: Path) -> None:
    # Its clock runs ahead: claims expire after 2.4 s instead of 6.
    def hurried() -> EmbeddedSubscriber:
        return EmbeddedSubscriber(
            tmp_path / "transport.sqlite",
            IMAGES_SEEN,
            "matchers",
            partitions=8,
            monotonic=lambda: 2.5 * time.monotonic(),
        )

    chain.publish(*[picture_seen("known", at=str(number)) for number in range(20)])
    slow = SlowStore(tmp_path / "hits.sqlite", seconds=4)
    first = hurried()
    stolen: list[object] = []
    ended = threading.Event()

    def rival() -> None:
        other = hurried()
        while not ended.is_set():
            stolen.extend(other.poll(limit=10, timeout=0.1))
        other.close()

    rivalling = threading.Timer(0.5, rival)
    rivalling.start()
    counts = chain.worker(hits=slow, subscriber=first).run(once=True)
    ended.set()
    rivalling.join()
    first.close()
    slow.close()
    assert (counts.hits, stolen) == (20, [])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
