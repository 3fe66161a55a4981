"""The audit log: who looked at what, when and why. Append-only, each entry holding the digest of the one before.

A changed, removed or inserted entry breaks the chain from there on. It does not stop somebody who may rewrite the
whole file: ship it off the machine as it grows.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.records import UtcTime
from crawler.contract.struct import Record
from desk.errors import AuditBrokenError

_BEGINNING = "0" * 64


class AuditEntry(Record, frozen=True, kw_only=True):
    """One thing somebody did."""

    number: int
    at: UtcTime
    actor: str
    action: str
    subject: str
    """An id, never an address or a hash of a list."""
    reason: str
    previous: str
    """SHA-256, hex, of the line before without its newline; zeros at the beginning."""


class AuditLog:
    """One file, one JSON object a line. Safe between processes on one machine."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def append(self, *, actor: str, action: str, subject: str, reason: str) -> None:
        """Record it; on disk when this returns. Raises `AuditBrokenError` when the last entry cannot be read."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            number, previous = 1, _BEGINNING
            last = _last_line(file.fileno())
            if last is not None:
                number, previous = _parse(last, "last").number + 1, hashlib.sha256(last).hexdigest()
            entry = AuditEntry(
                number=number,
                at=datetime.fromtimestamp(self._clock(), UTC),
                actor=actor,
                action=action,
                subject=subject,
                reason=reason,
                previous=previous,
            )
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> Iterator[AuditEntry]:
        """All entries, oldest first, verified on the way. Raises `AuditBrokenError` where the chain breaks."""
        if not self._path.exists():
            return
        previous = _BEGINNING
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                entry = _parse(line.rstrip(b"\n"), str(number))
                if entry.previous != previous or entry.number != number:
                    raise AuditBrokenError(f"the audit log's chain breaks at line {number}: it was changed afterwards")
                previous = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
                yield entry


def _parse(line: bytes, name: str) -> AuditEntry:
    try:
        return msgspec.json.decode(line, type=AuditEntry)
    except msgspec.MsgspecError:
        raise AuditBrokenError(
            f"the audit log's {name} line is no entry. Keep the file, find out why, and begin a new one."
        ) from None


def _last_line(descriptor: int) -> bytes | None:
    """The last line without its newline, or None in an empty file."""
    end = os.fstat(descriptor).st_size
    tail = b""
    while end > 0 and b"\n" not in tail.rstrip(b"\n"):
        start = max(0, end - 4096)
        tail = os.pread(descriptor, end - start, start) + tail
        end = start
    return tail.rstrip(b"\n").rpartition(b"\n")[2] or None
