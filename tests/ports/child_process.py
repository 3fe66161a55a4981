# ruff: noqa: T201 - it talks to the test through its output
"""What the other process of a transport test does: `member`, `holder` or `publisher`."""

import sys
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import msgspec

from crawler.contract.errors import LostClaimError
from crawler.transport import TransportTable, open_publisher, open_subscriber


def member(table: TransportTable, state: Path, topic: str, group: str) -> None:
    """Take part in a group for ever and commit all it reads; says so for each message."""
    subscriber = open_subscriber(table, state, topic, group)
    while True:
        deliveries = subscriber.poll(limit=10, timeout=0.2)
        if deliveries:
            subscriber.commit(deliveries)
            for each in deliveries:
                print(each.value.decode(), flush=True)


def holder(table: TransportTable, state: Path, topic: str, group: str, count: str) -> None:
    """Read so many messages, keep them until told, then try to commit them."""
    subscriber = open_subscriber(table, state, topic, group)
    held = list(subscriber.poll(limit=int(count), timeout=1))
    while len(held) < int(count):
        held += subscriber.poll(limit=int(count) - len(held), timeout=1)
    print("holding", flush=True)
    sys.stdin.readline()
    try:
        subscriber.commit(held)
    except LostClaimError:
        print("lost", flush=True)
    else:
        print("committed", flush=True)


def publisher(table: TransportTable, state: Path, topic: str, name: str, count: str) -> None:
    """Publish so many messages under its own name, saying each one's number once it is durable."""
    sender = open_publisher(table, state, topic)
    under_way: list[Future[None]] = []
    for number in range(int(count)):
        future = sender.publish(name.encode(), f"{name} {number}".encode())
        future.add_done_callback(partial(_say, number))
        under_way.append(future)
        if len(under_way) == 50:
            for each in under_way:
                each.result(timeout=60)
            under_way.clear()
    sender.close()


def _say(number: int, done: Future[None]) -> None:
    if done.exception() is None:
        print(number, flush=True)


if __name__ == "__main__":
    role, table_text, state_folder, topic_name, *words = sys.argv[1:]
    roles: dict[str, Callable[..., None]] = {"member": member, "holder": holder, "publisher": publisher}
    decoded = msgspec.json.decode(table_text, type=TransportTable, dec_hook=lambda kind, value: kind(value))
    roles[role](decoded, Path(state_folder), topic_name, *words)
