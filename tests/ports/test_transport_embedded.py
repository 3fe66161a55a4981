"""What only the embedded log has: a file, its mode, its age, and processes that write to it at once."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.contract.errors import ConfigError, UnavailableError
from crawler.transport import TransportTable, open_publisher
from crawler.transport.embedded.publisher import EmbeddedPublisher
from tests.ports.adapters import Transport, take, values

DAY = 86_400.0


@pytest.fixture
def transport(tmp_path: Path) -> Transport:
    return Transport(TransportTable(partitions=4), tmp_path)


def test_only_the_owner_may_read_what_lies_in_the_state_folder(transport: Transport) -> None:
    publisher = transport.publisher()
    publisher.publish(b"key", b"value").result(timeout=30)
    files = list(transport.state.iterdir())
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    transport.close()


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "nowhere").write_text("a file, no folder")
    with pytest.raises(UnavailableError, match="nowhere"):
        open_publisher(TransportTable(), tmp_path / "nowhere", "topic")


def test_a_file_that_is_no_log_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "transport.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(ConfigError, match=r"not a database.*Move it away"):
        open_publisher(TransportTable(), tmp_path, "topic")


def test_a_topic_keeps_the_partitions_it_was_made_with(transport: Transport) -> None:
    transport.publish((b"key", b"first"))
    later = Transport(TransportTable(partitions=100), transport.state)
    later.topic = transport.topic
    later.publish((b"key", b"second"))
    first, second = take(later.subscriber(), 2)
    assert first.partition == second.partition
    later.close()


def test_old_messages_go_once_every_group_has_committed_them(transport: Transport) -> None:
    def publish(value: bytes, *, day: float) -> None:
        publisher = EmbeddedPublisher(
            transport.state / "transport.sqlite",
            transport.topic,
            partitions=4,
            retention_days=7,
            clock=lambda: day * DAY,
        )
        publisher.publish(b"key", value).result(timeout=30)
        publisher.close()

    def kept() -> list[bytes]:
        with sqlite3.connect(transport.state / "transport.sqlite") as file:
            rows = file.execute("SELECT value FROM messages ORDER BY position").fetchall()
        file.close()
        return [value for (value,) in rows]

    publish(b"committed by one", day=1)
    one, other = transport.subscriber("one"), transport.subscriber("other")
    one.commit(take(one, 1))
    publish(b"young", day=5)
    publish(b"today", day=9)
    assert kept() == [b"committed by one", b"young", b"today"]
    other.commit(take(other, 3))
    one.commit(take(one, 2))
    publish(b"later", day=9)
    assert kept() == [b"young", b"today", b"later"]
    transport.close()


def test_kafka_is_not_even_imported(transport: Transport) -> None:
    code = (
        "import sys, pathlib; from crawler.transport import *;"
        f"open_publisher(TransportTable(), pathlib.Path({str(transport.state)!r}), 'topic').close();"
        "print('kafka' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_killed_writer_leaves_a_file_that_the_next_one_can_use(transport: Transport) -> None:
    for _ in range(3):
        child = transport.child("publisher", "crawler", "1000000")
        for _ in range(20):
            child.line()
        child.kill()
    transport.publish((b"key", b"after"))
    subscriber = transport.subscriber()
    assert values(take(subscriber, subscriber.lag()))[-1] is not None
    with sqlite3.connect(transport.state / "transport.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
    transport.close()
