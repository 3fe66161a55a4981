"""The hashing processes, as the crawler uses them: hand over a picture's bytes, get a future of its hashes."""

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple, TypeVar

from crawler.contract.reasons import Reason
from crawler.hashing.configuration import HashingTable
from crawler.hashing.digests import digests_of
from crawler.hashing.errors import HashingClosedError, HashingQueueFullError, HashingUnavailableError
from crawler.hashing.inside import Task, Unpacked
from crawler.hashing.looks import Hashed
from crawler.hashing.native import warn_without_native_core
from crawler.hashing.opening import Opening
from crawler.hashing.process import WorkerDiedError, WorkerProcess

_TRIES = 2
"""A process may have died of something else (an operator, the kernel). A picture that kills two is to blame."""
_MOST_DEATHS = 16
"""Processes that one archive may cost."""

T = TypeVar("T")


class _Job(NamedTuple):
    data: bytes
    picture: Future[Hashed] | None = None
    archive: Future[Unpacked] | None = None
    passwords: tuple[str, ...] = ()


class HashingPool:
    """Hashes pictures in processes of its own, one thread driving each. Safe to use from any thread.

    A picture may take all the time and memory it is allowed, or crash the decoder: it costs a process, which is
    replaced, and is answered with its exact digests and a reason. Pictures are begun in the order they came.
    """

    def __init__(self, table: HashingTable, *, environ: Mapping[str, str] = os.environ) -> None:
        # Here, since what a hashing process says goes nowhere.
        warn_without_native_core()
        self._table = table
        self._environ = environ
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._queued = 0
        self._closed = False
        self._processes: list[WorkerProcess | None] = [None] * table.workers
        self._threads = [
            threading.Thread(target=self._drive, args=(seat,), name=f"hashing-{seat}", daemon=True)
            for seat in range(table.workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def workers(self) -> int:
        """How many pictures are hashed at the same time."""
        return self._table.workers

    @property
    def queued(self) -> int:
        """How many pictures wait for a process, not counting those being hashed."""
        return self._queued

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run now."""
        with self._lock:
            return tuple(process.pid for process in self._processes if process is not None)

    def submit(self, data: bytes) -> Future[Hashed]:
        """A future of the picture's hashes. Never blocks.

        The future fails with `HashingUnavailableError` when no process can be started and with `HashingClosedError`
        when the pool is closed first; cancelling it works until a process begins. Raises `HashingQueueFullError` when
        `max_queued` pictures wait already, and `HashingClosedError`.
        """
        future: Future[Hashed] = Future()
        self._put(_Job(data, picture=future))
        return future

    def submit_archive(self, data: bytes, passwords: Sequence[str] = ()) -> Future[Unpacked]:
        """A future of what is in the archive; the passwords are tried in order. Otherwise like `submit`.

        A picture that ends its process costs the archive nothing but itself: another process takes up behind it.
        """
        future: Future[Unpacked] = Future()
        self._put(_Job(data, archive=future, passwords=tuple(passwords)))
        return future

    def _put(self, job: _Job) -> None:
        with self._lock:
            self._refuse_if_closed()
            if self._queued >= self._table.max_queued:
                raise HashingQueueFullError(
                    "Too many pictures wait to be hashed. Fetch fewer at a time, or raise [hashing] max_queued."
                )
            self._queued += 1
            self._jobs.put(job)

    def close(self) -> None:
        """Kill the processes and fail what is unfinished. Returns when they are gone; idempotent."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                if process is not None:
                    process.kill()
            for _ in self._threads:
                self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _drive(self, seat: int) -> None:
        """One thread's life: a process, and a picture after the other."""
        # A process inherits what its thread blocks: so Ctrl-C cannot end it before it has learnt to ignore it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # Started before the first picture comes, so that it need not wait; what is wrong is told to that picture.
        with contextlib.suppress(HashingUnavailableError, HashingClosedError):
            self._seated(seat)
        while (job := self._jobs.get()) is not None:
            if job.archive is not None:
                self._answer(job.archive, partial(self._unpack, seat, job.data, job.passwords))
            elif job.picture is not None:
                self._answer(job.picture, partial(self._hash, seat, job.data))
            del job  # or else the bytes stay until the next picture comes
        self._unseat(seat)

    def _answer(self, future: Future[T], work: Callable[[], T]) -> None:
        with self._lock:
            self._queued -= 1
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        # Whatever it is, whoever waits for the picture must hear of it, and the thread must live on.
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)

    def _hash(self, seat: int, data: bytes) -> Hashed:
        reason = Reason.HASHER_DIED
        for _ in range(_TRIES):
            process = self._seated(seat)
            try:
                return process.hash(data, self._table.seconds)
            except (TimeoutError, WorkerDiedError) as error:
                self._unseat(seat)
                reason = _blame(error)
                if reason is Reason.DECODE_TIMEOUT:
                    break
        self._refuse_if_closed()
        return Hashed(digests=digests_of(data), undecoded=reason)

    def _unpack(self, seat: int, data: bytes, passwords: tuple[str, ...]) -> Unpacked:
        opening = Opening()
        deadline = time.monotonic() + self._table.archive_seconds
        died_at: int | None = None
        for _ in range(_MOST_DEATHS):
            process = self._seated(seat)
            task = Task(archive=True, passwords=passwords, after=opening.number)
            try:
                for told in process.unpack(data, task, seconds=self._table.seconds, deadline=deadline):
                    opening.hear(told)
                return opening.unpacked()
            except (TimeoutError, WorkerDiedError) as error:
                self._unseat(seat)
                self._refuse_if_closed()
                reason = _blame(error)
                if reason is not Reason.DECODE_TIMEOUT and opening.number != died_at:
                    died_at = opening.number  # once more from there: it may have died of something else
                    opening.take_up()
                elif not opening.blame(reason) or time.monotonic() >= deadline:
                    return opening.unpacked(reason)
        return opening.unpacked(Reason.HASHER_DIED)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise HashingClosedError("The hashing pool was closed before this picture was hashed.")

    def _seated(self, seat: int) -> WorkerProcess:
        """The seat's process, started if there is none."""
        with self._lock:
            self._refuse_if_closed()
            process = self._processes[seat]
            if process is not None:
                return process
            try:
                process = WorkerProcess(self._table, self._environ)
            except OSError as error:
                raise HashingUnavailableError(
                    f"A hashing process cannot be started ({type(error).__name__}); see the limits on processes."
                ) from None
            self._processes[seat] = process
        try:
            process.wait_until_ready()
        except (WorkerDiedError, TimeoutError):
            self._unseat(seat)
            self._refuse_if_closed()
            raise HashingUnavailableError(
                "A hashing process ended while it started. Give this machine more memory, or see `zoeklicht doctor`."
            ) from None
        return process

    def _unseat(self, seat: int) -> None:
        with self._lock:
            process, self._processes[seat] = self._processes[seat], None
        if process is not None:
            process.discard()


def _blame(error: TimeoutError | WorkerDiedError) -> Reason:
    if isinstance(error, TimeoutError):
        return Reason.DECODE_TIMEOUT
    return Reason.DECODE_MEMORY if error.out_of_memory else Reason.HASHER_DIED
