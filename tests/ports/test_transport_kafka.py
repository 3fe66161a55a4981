"""What only Kafka can do to us: be away, come back, refuse."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from crawler.contract.errors import ConfigError, InvalidRecordError, UnavailableError
from crawler.transport import TransportTable, open_dead_letters, open_publisher, open_subscriber
from tests.ports.adapters import Transport, take, values
from tests.services import ports
from tests.services.kafka import KafkaServer


@pytest.fixture(scope="module")
def _mortal_server() -> Iterator[KafkaServer]:
    with KafkaServer() as server:
        yield server


@pytest.fixture
def own_server(_mortal_server: KafkaServer) -> KafkaServer:
    """A running broker that the test may kill."""
    if not _mortal_server.running:
        _mortal_server.start()
    return _mortal_server


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    path.write_text(KafkaServer.sasl_password + "\n")
    return path


def guarded(server: KafkaServer, password_file: Path) -> TransportTable:
    return TransportTable(
        kind="kafka",
        bootstrap_servers=(server.sasl_address,),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        user=server.sasl_user,
        password_file=password_file,
        connect_seconds=2,
    )


def test_a_broker_that_is_away_at_the_start_is_named_within_the_time_allowed(tmp_path: Path) -> None:
    address = f"127.0.0.1:{ports.free()}"
    table = TransportTable(kind="kafka", bootstrap_servers=(address,), connect_seconds=1)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match=rf"{address}.*bootstrap_servers"):
        open_publisher(table, tmp_path, "topic")
    with pytest.raises(UnavailableError, match=address):
        open_subscriber(table, tmp_path, "topic", "group")
    with pytest.raises(UnavailableError, match=address):
        open_dead_letters(table, tmp_path, "topic")
    assert time.monotonic() - began < 10


def test_attempts_that_fail_leave_no_threads_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        table = TransportTable(kind="kafka", bootstrap_servers=(address,), connect_seconds=0.5)
        for _ in range(2):
            with pytest.raises(UnavailableError, match="does not let us in"):
                open_subscriber(table, tmp_path, "topic", "group")
    assert threading.active_count() <= before


def test_nothing_is_lost_when_the_broker_dies_and_comes_back_in_the_middle(
    own_server: KafkaServer, tmp_path: Path
) -> None:
    table = TransportTable(kind="kafka", bootstrap_servers=(own_server.address,), partitions=4, delivery_seconds=60)
    transport = Transport(table, tmp_path)
    publisher, subscriber = transport.publisher(), transport.subscriber()
    under_way: list[Future[None]] = []

    def publish(numbers: range) -> None:
        under_way.extend(publisher.publish(b"%d" % (n % 7), b"%d" % n) for n in numbers)

    publish(range(500))
    early = take(subscriber, 100)
    subscriber.commit(early)
    publish(range(500, 1000))
    own_server.kill()
    publish(range(1000, 1500))
    own_server.start()
    publish(range(1500, 2000))
    for future in under_way:
        future.result(timeout=60)
    late = take(subscriber, 1900, within=60)
    subscriber.commit(late)
    assert subscriber.lag() == 0
    assert {int(value) for value in values(early + late)} == set(range(2000))
    transport.close()


def test_a_broker_that_stays_away_fails_messages_in_time_and_they_can_be_sent_again(
    own_server: KafkaServer, tmp_path: Path
) -> None:
    table = TransportTable(kind="kafka", bootstrap_servers=(own_server.address,), delivery_seconds=3)
    transport = Transport(table, tmp_path)
    publisher = transport.publisher()
    publisher.publish(b"key", b"before").result(timeout=30)
    own_server.kill()
    began = time.monotonic()
    future = publisher.publish(b"key", b"meanwhile")
    assert time.monotonic() - began < 0.1
    with pytest.raises(UnavailableError, match="does not answer"):
        future.result(timeout=15)
    own_server.start()
    publisher.publish(b"key", b"meanwhile").result(timeout=30)
    found = values(take(transport.subscriber(), 2))
    assert found[0] == b"before"
    assert set(found[1:]) == {b"meanwhile"}
    transport.close()


def test_closing_does_not_hang_when_the_broker_is_away(own_server: KafkaServer, tmp_path: Path) -> None:
    table = TransportTable(kind="kafka", bootstrap_servers=(own_server.address,), delivery_seconds=2)
    transport = Transport(table, tmp_path)
    publisher, subscriber = transport.publisher(), transport.subscriber()
    transport.publish((b"key", b"value"))
    take(subscriber, 1)
    own_server.kill()
    future = publisher.publish(b"key", b"value")
    began = time.monotonic()
    transport.close()
    assert time.monotonic() - began < 20
    with pytest.raises(UnavailableError):
        future.result(timeout=0)


def test_a_commit_fails_in_time_when_the_broker_is_away_and_works_when_it_is_back(
    own_server: KafkaServer, tmp_path: Path
) -> None:
    transport = Transport(TransportTable(kind="kafka", bootstrap_servers=(own_server.address,)), tmp_path)
    subscriber = transport.subscriber()
    transport.publish((b"key", b"value"))
    deliveries = take(subscriber, 1)
    own_server.kill()
    with pytest.raises(UnavailableError):
        subscriber.commit(deliveries)
    own_server.start()
    # Whether it is still ours or delivered again: in the end it can be committed.
    deadline = time.monotonic() + 40
    while subscriber.lag() and time.monotonic() < deadline:
        subscriber.commit(subscriber.poll(limit=10, timeout=0.5) or deliveries)
    assert subscriber.lag() == 0
    transport.close()


def test_a_user_with_a_password_is_let_in(kafka_server: KafkaServer, password_file: Path, tmp_path: Path) -> None:
    transport = Transport(guarded(kafka_server, password_file), tmp_path)
    transport.publish((b"key", b"value"))
    assert values(take(transport.subscriber(), 1)) == [b"value"]
    transport.close()


def test_a_wrong_password_is_suspected_and_not_repeated(
    kafka_server: KafkaServer, password_file: Path, tmp_path: Path
) -> None:
    password_file.write_text("certainly not")
    # Kafka's client cannot tell it from a broker that hangs up for another reason.
    with pytest.raises(UnavailableError, match=r"does not let us in.*password_file") as caught:
        open_publisher(guarded(kafka_server, password_file), tmp_path, "topic")
    assert "certainly not" not in str(caught.value)


def test_a_password_that_others_may_read_is_refused(
    kafka_server: KafkaServer, password_file: Path, tmp_path: Path
) -> None:
    password_file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        open_publisher(guarded(kafka_server, password_file), tmp_path, "topic")


def test_a_message_that_is_too_large_fails_alone(kafka_server: KafkaServer, tmp_path: Path) -> None:
    transport = Transport(TransportTable(kind="kafka", bootstrap_servers=(kafka_server.address,)), tmp_path)
    publisher = transport.publisher()
    large = publisher.publish(b"key", bytes(2_000_000))
    publisher.publish(b"key", b"small").result(timeout=30)
    with pytest.raises(InvalidRecordError, match="larger"):
        large.result(timeout=30)
    transport.close()


def test_a_member_gets_its_partitions_however_short_its_polls_are(kafka_server: KafkaServer, tmp_path: Path) -> None:
    # The client's first look at the topic and its first rebalance cross at some 100 ms: polls that end around then
    # once left members without any partition, for good.
    for number in range(12):
        table = TransportTable(kind="kafka", bootstrap_servers=(kafka_server.address,))
        topic = f"short-polls-{time.time_ns()}"
        publisher = open_publisher(table, tmp_path, topic)
        publisher.publish(b"key", b"value").result(timeout=30)
        publisher.close()
        subscriber = open_subscriber(table, tmp_path, topic, "group")
        deadline = time.monotonic() + 10
        while not subscriber.poll(limit=1, timeout=0.09 + number / 500):
            assert time.monotonic() < deadline, f"nothing came to member {number}"
        subscriber.close()
