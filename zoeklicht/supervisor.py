"""Runs roles as child processes: starts them, restarts what dies, ends them in order."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from crawler.contract.errors import CrawlerError

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_GRACE = 20.0
_MOST_FAILURES = 4
_QUIET_AFTER = 60.0
"""A role that ran this long starts over with the shortest wait."""


class RoleFailedError(CrawlerError):
    """A role ended although it should not have, and restarting it would not help."""


class Role:
    """One child process: `python -m zoeklicht NAME …`, its log in a file of its own."""

    def __init__(self, name: str, arguments: list[str], log: Path, *, ends: bool) -> None:
        self.name = name
        self._ends = ends
        self._arguments = arguments
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = _FIRST_WAIT
        self._again_at: float | None = None
        self._failures = 0
        self.restarts = 0

    def start(self) -> None:
        """Start it. In a session of its own, so that Ctrl-C reaches the supervisor only, which ends it in order."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
                [sys.executable, "-m", "zoeklicht", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._again_at = None

    @property
    def pid(self) -> int | None:
        """Its process id, while it runs."""
        return self._process.pid if self._process is not None else None

    def ended(self) -> int | None:
        """Its exit code, or None while it runs or waits to be restarted."""
        return self._process.poll() if self._process is not None and self._again_at is None else None

    def keep_running(self) -> None:
        """Restart it if it died, with growing waits.

        Raises `RoleFailedError` for a wrong configuration, and when it fails again and again.
        """
        code = self.ended()
        if code is not None and not (code == 0 and self._ends):
            if code == 2:  # noqa: PLR2004  # cli.EXIT_USAGE: starting it again would end the same way
                raise RoleFailedError(f"{self.name} cannot run: {self.last_words()}")
            if time.monotonic() - self._started > _QUIET_AFTER:
                self._wait, self._failures = _FIRST_WAIT, 0
            self._failures += code == 1  # cli.EXIT_FAILED; a server that is away (3) is waited for without end
            if self._failures > _MOST_FAILURES:
                raise RoleFailedError(f"{self.name} failed {self._failures} times in a row: {self.last_words()}")
            self._again_at = time.monotonic() + self._wait
            self._wait = min(self._wait * 2, _LONGEST_WAIT)
        if self._again_at is not None and time.monotonic() >= self._again_at:
            self.restarts += 1
            self.start()

    def stop(self) -> None:
        """End it in order; kill it if it will not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it left no word in its log"


class Supervisor:
    """Several roles, ended together."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.roles: list[Role] = []

    def run(self, name: str, arguments: list[str], *, ends: bool = False) -> Role:
        """Start a role; `ends`: that it ends is how it should be, if its exit code is 0."""
        role = Role(name, arguments, self._logs / f"{name}.log", ends=ends)
        role.start()
        self.roles.append(role)
        return role

    def stop(self) -> None:
        """End all, last started first."""
        for role in reversed(self.roles):
            role.stop()
        self.roles.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
