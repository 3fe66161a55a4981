"""A producer on a thread of its own: kafka-python's may block for long where ours must not."""

import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import msgspec
from kafka import KafkaProducer, errors

from crawler.contract.errors import InvalidRecordError, UnavailableError
from crawler.transport.configuration import TransportTable
from crawler.transport.kafka.connection import meaning, opening

_UNDER_WAY_AT_MOST = 20_000
_BLOCK_SECONDS = 0.5

_GOES_ON = (errors.RetriableError, errors.InvalidMetadataError, errors.MessageSizeTooLargeError)
"""Errors after which a producer is as good as before. After others (a broken sequence of an idempotent producer,
refusals) a new one is made."""


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    done: Future[None]
    expires_at: float


class Sending:
    """Sends to any topic: idempotent, acknowledged by all in-sync replicas. Thread-safe."""

    def __init__(self, table: TransportTable) -> None:
        """Connect, within `connect_seconds`. Raises `UnavailableError`, `ConfigError`."""
        self._table = table
        self._producer = self._connect()
        self._waiting: queue.Queue[_Message | None] = queue.Queue()
        self._room = threading.BoundedSemaphore(_UNDER_WAY_AT_MOST)
        self._lock = threading.Lock()
        self._under_way: set[Future[None]] = set()
        self._closed = False
        self._renew = False
        self._thread = threading.Thread(target=self._send_all, name="transport-sender", daemon=True)
        self._thread.start()

    def send(
        self, topic: str, key: bytes, value: bytes | None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> Future[None]:
        """Send; the future resolves once all in-sync replicas have it. Never blocks.

        The future fails with `UnavailableError` after `delivery_seconds`, or at once when 20,000 messages are under
        way; with `InvalidRecordError` when the message is larger than the broker takes.
        """
        done: Future[None] = Future()
        # From here on nobody can cancel it: it may be on its way.
        done.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                done.set_exception(UnavailableError("The publisher has been closed."))
                return done
            if not self._room.acquire(blocking=False):
                message = f"{_UNDER_WAY_AT_MOST} messages wait for Kafka already; try again a little later."
                done.set_exception(UnavailableError(message))
                return done
            self._under_way.add(done)
            expires_at = time.monotonic() + self._table.delivery_seconds
            self._waiting.put(
                _Message(topic=topic, key=key, value=value, headers=list(headers), done=done, expires_at=expires_at)
            )
        return done

    def close(self) -> None:
        """Wait until all is sent, `delivery_seconds` at most; what was not by then has failed."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._waiting.put(None)
        self._thread.join()
        with contextlib.suppress(errors.KafkaError):
            self._producer.close(timeout=self._table.delivery_seconds)
        with self._lock:
            left = list(self._under_way)
        for done in left:
            self._end(done, UnavailableError("The publisher was closed before Kafka had answered."))

    def _connect(self) -> KafkaProducer:
        delivery_ms = int(self._table.delivery_seconds * 1000)
        with opening(self._table) as options:
            return KafkaProducer(
                **options,
                metrics_enabled=False,
                # Said aloud: by default a conflicting option switches it off without an error.
                enable_idempotence=True,
                acks="all",
                delivery_timeout_ms=delivery_ms,
                request_timeout_ms=min(30_000, delivery_ms // 2),
                max_block_ms=int(_BLOCK_SECONDS * 1000),
                # Messages of so many milliseconds share a request. At 100 pictures a second 5 ms is a request for
                # each: twice the CPU in the broker, and in the matchers that are woken by each.
                linger_ms=50,
                batch_size=128 * 1024,
                max_request_size=1024 * 1024,
                allow_auto_create_topics=False,
            )

    def _send_all(self) -> None:
        while (message := self._waiting.get()) is not None:
            while not self._handed_over(message):
                if time.monotonic() > message.expires_at:
                    self._end(message.done, meaning(errors.KafkaTimeoutError(), self._table))
                    break

    def _handed_over(self, message: _Message) -> bool:
        """Whether the client has the message now; its answer then ends the future."""
        try:
            if self._renew:
                self._producer.close(timeout=0)
                self._producer = self._connect()
                self._renew = False
            sent = self._producer.send(message.topic, message.value, message.key, message.headers)
        except _GOES_ON as error:
            if isinstance(error, errors.MessageSizeTooLargeError):
                self._fail(message.done, error)
                return True
            return False
        except Exception:  # noqa: BLE001 - whatever it is: a new producer, until the message's time is up
            self._renew = True
            time.sleep(_BLOCK_SECONDS)
            return False
        sent.add_callback(lambda _: self._end(message.done, None))
        sent.add_errback(lambda error: self._fail(message.done, error))
        return True

    def _fail(self, done: Future[None], error: BaseException) -> None:
        if isinstance(error, errors.MessageSizeTooLargeError):
            self._end(done, InvalidRecordError("The message is larger than Kafka takes (max.message.bytes)."))
            return
        if not isinstance(error, _GOES_ON):
            self._renew = True
        self._end(done, meaning(error, self._table))

    def _end(self, done: Future[None], failure: Exception | None) -> None:
        with self._lock:
            if done not in self._under_way:
                return
            self._under_way.discard(done)
        self._room.release()
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)
