"""How a dead letter lies in its topic: the value as it was, all else in headers, under a key of the letter's own."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.transport import DeadLetter

Headers = Sequence[tuple[str, bytes]]


def headers(*, topic: str, key: bytes, reason: str, clock: Clock) -> Headers:
    """What is to stand beside the value."""
    at = datetime.fromtimestamp(clock(), UTC).isoformat()
    return [("topic", topic.encode()), ("key", key), ("reason", reason.encode()), ("at", at.encode())]


def letter(*, place: str, topic: str, value: bytes, found: Headers, timestamp_ms: int) -> DeadLetter:
    """The letter of a record of the dead-letter topic, whoever wrote it: what is missing is filled in."""
    named = dict(found)
    try:
        at = msgspec.convert(named.get("at", b"").decode(), datetime)
    except (UnicodeDecodeError, msgspec.ValidationError):
        at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    return DeadLetter(
        id=place,
        topic=named.get("topic", topic.encode()).decode(errors="replace"),
        key=named.get("key", b""),
        value=value,
        reason=named.get("reason", b"no reason was given").decode(errors="replace"),
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
    )
