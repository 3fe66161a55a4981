"""Two matchers share the work on a real Kafka, and one is killed: the other has all of it within ten seconds."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, encode, open_publisher, open_subscriber
from matchers.contract.records import Found, KnownEntry
from matchers.hits.sqlite import SqliteHitStore
from matchers.known import LoadedKnownSet
from matchers.worker import MatchingTable, MatchWorker
from tests.known_sets import known_store
from tests.pictures_seen import DIGEST_KEY, hash_of, picture_seen
from tests.services.kafka import KafkaServer

KNOWN = KnownEntry(algorithm="md5", value=hash_of("known", "md5"), list="a list", list_id="1")


@pytest.fixture
def transport(kafka_server: KafkaServer) -> TransportTable:
    prefix = f"takeover-{time.time_ns()}-"
    return TransportTable(kind="kafka", bootstrap_servers=(kafka_server.address,), partitions=4, topic_prefix=prefix)


class Matchers:
    """Processes over one state folder."""

    def __init__(self, transport: TransportTable, state: Path) -> None:
        self.transport = transport
        self.state = state
        self.hits = SqliteHitStore(state / "hits.sqlite")
        self._publisher = open_publisher(transport, state, IMAGES_SEEN)
        self._published = 0
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        text = msgspec.json.encode(self.transport, enc_hook=str).decode()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flow.matcher_process", text, str(self.state), "10"],
        )
        self._processes.append(process)
        return process

    def publish(self, count: int) -> None:
        numbers = range(self._published, self._published + count)
        self._published += count
        for sent in [
            self._publisher.publish(str(number).encode(), encode(picture_seen("known", at=f"address {number}")))
            for number in numbers
        ]:
            sent.result(timeout=60)

    def seconds_until_all_are_stored(self, within: float) -> float:
        began = time.monotonic()
        while (stored := self.hits.count()) < self._published:
            waited = time.monotonic() - began
            assert waited < within, f"{stored} of {self._published} hits were stored within {within} s"
            time.sleep(0.02)
        return time.monotonic() - began

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._publisher.close()
        self.hits.close()


@pytest.fixture
def matchers(transport: TransportTable, tmp_path: Path) -> Iterator[Matchers]:
    known_store(tmp_path / "known.sqlite", [KNOWN]).close()
    made = Matchers(transport, tmp_path)
    yield made
    made.close()


def test_a_killed_matchers_partitions_are_worked_on_by_the_other_within_ten_seconds(matchers: Matchers) -> None:
    killed = matchers.start()
    matchers.publish(40)
    matchers.seconds_until_all_are_stored(within=60)
    matchers.start()
    # Long enough for the other to have joined: it reads what was published meanwhile, its part of it.
    for _ in range(8):
        matchers.publish(20)
        matchers.seconds_until_all_are_stored(within=30)
        time.sleep(0.5)
    matchers.publish(200)
    killed.kill()
    matchers.publish(200)
    assert matchers.seconds_until_all_are_stored(within=30) < 10
    assert {(hit.sightings, len(hit.evidence)) for hit in matchers.hits.hits()} == {(1, 1)}


class SlowStore(SqliteHitStore):
    """Waits before it stores the first batch, until told."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked = threading.Event()
        self.told = threading.Event()

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        self.asked.set()
        assert self.told.wait(60)
        super().store(found, again=again)


def test_a_matcher_that_joins_while_another_stores_a_batch_costs_nothing(
    matchers: Matchers, transport: TransportTable, tmp_path: Path
) -> None:
    matchers.publish(100)
    store = known_store(tmp_path / "known.sqlite")
    slow = SlowStore(tmp_path / "hits.sqlite")
    known_set = LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True)

    def match() -> None:
        subscriber = open_subscriber(transport, tmp_path, IMAGES_SEEN, transport.group)
        MatchWorker(subscriber, known_set, slow, MatchingTable(batch=60), digest_key=DIGEST_KEY).run(once=True)
        subscriber.close()

    first = threading.Thread(target=match)
    first.start()
    assert slow.asked.wait(30)
    # A second member: the group is arranged anew, and half of the batch is no longer the first one's to commit.
    joined = threading.Thread(target=match)
    joined.start()
    time.sleep(4)
    slow.told.set()
    first.join(timeout=60)
    joined.join(timeout=60)
    assert not first.is_alive()
    assert not joined.is_alive()
    assert matchers.seconds_until_all_are_stored(within=1) < 1
    assert {(hit.sightings, len(hit.evidence)) for hit in matchers.hits.hits()} == {(1, 1)}
    slow.close()
    store.close()
