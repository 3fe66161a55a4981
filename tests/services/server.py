"""A server process that the tests own: started, stopped, killed, frozen and started again on the same data."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.services import machine

_POLL_SECONDS = 0.05
_SHOWN_BYTES = 4_000


class ServerFailedError(RuntimeError):
    """A server did not come up; the text ends with the last lines of its log."""


class Server(ABC):
    """A context manager around one server with a folder, ports and credentials of its own.

    It dies with the process that started it, however that one ends. The folder goes when the context ends.
    """

    name: str
    start_seconds: float
    """How long a start may take on a busy machine."""
    user: str | None = None
    """Whom to run as when we are root; None for ourselves."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"zoeklicht-{self.name}-"))
        # A server that runs as somebody else must get in; what it holds are tests' data only.
        self.folder.chmod(0o755)
        self.log = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def prepare(self) -> None:
        """Fetch the program, write configuration; called once, before the first start."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The server's command line; it stays in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it does its work by now."""

    def environment(self) -> Mapping[str, str]:
        """What the process gets to see beside PATH."""
        return {}

    def start(self) -> None:
        """Start it, for the first time or again with the same ports and data, and wait until it answers."""
        if self._process is not None:
            raise RuntimeError(f"{self.name} is running already.")
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.drop_privileges(), machine.setpriv(), "--pdeathsig", "KILL", *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), **self.environment()},
                # A Ctrl-C at the terminal ends pytest, which then stops us in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + self.start_seconds
        while not self.answers():
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                how = f"ended with status {self._process.returncode}" if ended else "did not answer in time"
                said = self.said()[-_SHOWN_BYTES:]
                self.kill()
                raise ServerFailedError(f"{self.name} {how} ({self.start_seconds:.0f} s allowed). Its log:\n{said}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End it in order; kill it when it does not end within 30 seconds."""
        if self._process is None:
            return
        self.resume()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=30)
        self.kill()

    def kill(self) -> None:
        """`kill -9`, its children included."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process id, which also names its session; None while it does not run."""
        return self._process.pid if self._process is not None else None

    def said(self) -> str:
        """What it has written to its log since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def drop_privileges(self) -> Sequence[str]:
        """The words to put before a command so that it runs as `user`."""
        if self.user is None or os.geteuid() != 0:
            return ()
        # A step of its own: changing the user forgets the signal that setpriv asks for.
        group = pwd.getpwnam(self.user).pw_gid
        return (machine.setpriv(), f"--reuid={self.user}", f"--regid={group}", "--clear-groups")

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
