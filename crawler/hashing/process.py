"""One hashing process as the pool sees it: start it, exchange a picture for hashes within a time limit, kill it."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

import msgspec

import crawler
from crawler.hashing.configuration import HashingTable
from crawler.hashing.frames import FrameReader, header_of
from crawler.hashing.inside import Ended, Task, Told
from crawler.hashing.looks import Hashed
from crawler.hashing.orders import OUT_OF_MEMORY, READY, Orders

_START_S = 60.0
"""Longest time to import NumPy and Pillow. It takes a third of a second, but a laden machine may stall."""
_AT_ONCE = 1 << 20
_answers = msgspec.msgpack.Decoder(Hashed)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)
_PICTURE = msgspec.msgpack.encode(Task(archive=False))


class WorkerDiedError(Exception):
    """The process ended, or answered nonsense."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"a hashing process ended with {code}")
        # Nobody kills a process but for being late, and that is no `WorkerDiedError`: so it was the kernel.
        self.out_of_memory = code in {OUT_OF_MEMORY, -signal.SIGKILL}


class WorkerProcess:
    """A running worker. One thread uses it at a time; `kill` may come from any."""

    def __init__(self, table: HashingTable, environ: Mapping[str, str]) -> None:
        orders = Orders(
            memory_mb=table.memory_mb, seconds=table.seconds, limits=table.limits, unpack_limits=table.unpack_limits
        )
        # -P and the path: the worker is this very project's, whatever stands in the folder that we were started in.
        command = [sys.executable, "-P", "-m", "crawler.hashing.worker", msgspec.json.encode(orders).decode()]
        self._process = subprocess.Popen(  # noqa: S603 -- our own module and numbers, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(environ),
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        self._reader = FrameReader()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Returns when the worker has started. Raises `WorkerDiedError` or `TimeoutError` if it does not."""
        if self._exchange([], time.monotonic() + _START_S) != READY:
            raise self._death()

    def hash(self, data: bytes, seconds: float) -> Hashed:
        """Raises `TimeoutError` after so many seconds and `WorkerDiedError`; after either, only `kill` is left."""
        answer = self._exchange(_sent(_PICTURE, data), time.monotonic() + seconds)
        try:
            return _answers.decode(answer)
        except msgspec.DecodeError:
            raise self._death() from None

    def unpack(self, data: bytes, task: Task, *, seconds: float, deadline: float) -> Iterator[Told]:
        """What the worker tells of an archive, `Ended` last.

        Raises `TimeoutError` when it is silent for so many seconds, or at the deadline (monotonic), and
        `WorkerDiedError`; after either, only `kill` is left.
        """
        unsent = _sent(msgspec.msgpack.encode(task), data)
        while True:
            answer = self._exchange(unsent, min(deadline, time.monotonic() + seconds))
            try:
                told = _told.decode(answer)
            except msgspec.DecodeError:
                raise self._death() from None
            yield told
            if isinstance(told, Ended):
                return

    def _exchange(self, unsent: list[memoryview], deadline: float) -> bytes:
        """Write while the worker takes, read until an answer is whole, watching both ends and the clock.

        What was not taken by then stays in `unsent`.
        """
        if (answer := self._reader.feed(b"")) is not None:
            return answer
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            poll = select.poll()
            poll.register(self._stdout, select.POLLIN)
            if unsent:
                poll.register(self._stdin, select.POLLOUT)
            for descriptor, _ in poll.poll(left * 1000):
                if descriptor == self._stdout.fileno():
                    piece = os.read(descriptor, _AT_ONCE)
                    if not piece:
                        raise self._death()
                    if (answer := self._reader.feed(piece)) is not None:
                        return answer
                else:
                    self._write(unsent)

    def _write(self, unsent: list[memoryview]) -> None:
        try:
            written = os.write(self._stdin.fileno(), unsent[0][:_AT_ONCE])
        except BlockingIOError:
            return
        except BrokenPipeError:
            raise self._death() from None
        if written == len(unsent[0]):
            del unsent[0]
        else:
            unsent[0] = unsent[0][written:]

    def _death(self) -> WorkerDiedError:
        try:
            return WorkerDiedError(self._process.wait(timeout=1))
        except subprocess.TimeoutExpired:
            return WorkerDiedError(None)

    def kill(self) -> None:
        """End it, at once. Harmless when it has ended already."""
        self._process.kill()

    def discard(self) -> None:
        """End it and let go of its pipes. For the thread that uses it."""
        self.kill()
        self._process.wait()
        self._stdin.close()
        self._stdout.close()


def _sent(*payloads: bytes) -> list[memoryview]:
    return [memoryview(part) for payload in payloads for part in (header_of(payload), payload) if part]


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    root = os.path.dirname(os.path.dirname(os.path.abspath(crawler.__file__)))  # noqa: PTH100, PTH120 -- no pathlib here
    # One thread a process, since there is a process a core; and each thread would reserve address space of its own.
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH")))),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }
