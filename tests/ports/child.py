"""Another Python process that a test talks with, line by line, and may kill or freeze."""

import os
import queue
import signal
import subprocess
import sys
import threading


class Child:
    """A process whose lines come in on a thread, so that waiting for one has an end."""

    def __init__(self, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def line(self, within: float = 30) -> str:
        """Its next line."""
        line = self._lines.get(timeout=within)
        assert line is not None, f"the process ended with status {self._process.wait()}"
        return line

    def rest(self) -> list[str]:
        """Its remaining lines, once it has ended."""
        self._reader.join(timeout=60)
        assert not self._reader.is_alive(), "the process has not ended"
        return [line for line in self._lines.queue if line is not None]

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def freeze(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)
