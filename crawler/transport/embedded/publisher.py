"""From the crawler into the embedded log: many messages in one transaction, so one fsync serves them all."""

import contextlib
import queue
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.errors import UnavailableError
from crawler.transport.embedded import database
from crawler.transport.embedded.appending import append, bury, remove_old

_WAITING_AT_MOST = 20_000
_IN_ONE_TRANSACTION = 1_000
_TIDY_SECONDS = 60.0
_DAY_SECONDS = 86_400.0
_CLOSE_SECONDS = 60.0


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    key: bytes
    value: bytes
    reason: str | None
    """Why it is to be put aside; None when it is to be published."""
    done: Future[None]


class EmbeddedPublisher:
    """A `Publisher` on the embedded log. A thread of its own writes; callers never wait for the disk."""

    def __init__(
        self, path: Path, topic: str, *, partitions: int, retention_days: float, clock: Clock = time.time
    ) -> None:
        self._connection = database.connect(path)
        self._topic = database.open_topic(self._connection, topic, partitions)
        self._retention_seconds = retention_days * _DAY_SECONDS
        self._clock = clock
        self._waiting: queue.Queue[_Message | None] = queue.Queue(_WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._closed = False
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._write_all, name="transport-writer", daemon=True)
        self._thread.start()

    def publish(self, key: bytes, value: bytes) -> Future[None]:
        """Durable when the future resolves: written and synced. At most 20,000 may wait."""
        return self._enqueue(key, value, None)

    def bury(self, key: bytes, value: bytes, reason: str) -> Future[None]:
        """Durable like `publish`."""
        return self._enqueue(key, value, reason)

    def close(self) -> None:
        """Write what waits (giving up after a minute), then close the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._give_up_at = time.monotonic() + _CLOSE_SECONDS
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _enqueue(self, key: bytes, value: bytes, reason: str | None) -> Future[None]:
        done: Future[None] = Future()
        # From here on nobody can cancel it: it may be on its way to the disk.
        done.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                done.set_exception(UnavailableError("The publisher has been closed."))
                return done
            try:
                self._waiting.put_nowait(_Message(key=key, value=value, reason=reason, done=done))
            except queue.Full:
                done.set_exception(
                    UnavailableError(
                        f"{_WAITING_AT_MOST} messages wait for the disk already; try again a little later."
                    )
                )
        return done

    def _write_all(self) -> None:
        tidy_at = time.monotonic()
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < _IN_ONE_TRANSACTION and batch[-1] is not None:
                    batch.append(self._waiting.get_nowait())
            ended = batch[-1] is None
            messages = [each for each in batch if each is not None]
            if messages:
                self._write(messages)
            if time.monotonic() >= tidy_at:
                self._tidy()
                tidy_at = time.monotonic() + _TIDY_SECONDS

    def _write(self, messages: list[_Message]) -> None:
        failure = self._attempt(messages)
        for message in messages:
            if failure is None:
                message.done.set_result(None)
            else:
                message.done.set_exception(failure)

    def _attempt(self, messages: list[_Message]) -> Exception | None:
        """Write them all in one transaction, or none; returns what went wrong."""
        if time.monotonic() > self._give_up_at:
            return UnavailableError("The publisher was closed before the disk had answered.")
        now = self._clock()
        try:
            with database.writing(self._connection):
                append(self._connection, self._topic, ((m.key, m.value) for m in messages if m.reason is None), at=now)
                letters = [(m.key, m.value, m.reason) for m in messages if m.reason is not None]
                bury(self._connection, self._topic, letters, at=now)
        # Whatever it was, it must reach the callers: the thread has nobody else to tell, and goes on.
        except Exception as error:  # noqa: BLE001
            return error
        return None

    def _tidy(self) -> None:
        # What does not go now goes a minute later.
        with contextlib.suppress(UnavailableError), database.writing(self._connection):
            before = self._clock() - self._retention_seconds
            remove_old(self._connection, self._topic, before=before, limit=_IN_ONE_TRANSACTION)
