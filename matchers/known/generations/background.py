"""Builds in a process of their own, so that the memory they take is given back and matchers do not wait."""

import logging
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

LOG = logging.getLogger(__name__)

BUSY: Final = 75
"""Exit code (EX_TEMPFAIL of sysexits.h) when another process is building."""

_AFTER_FAILURE_SECONDS: Final = 60.0
_AFTER_BUSY_SECONDS: Final = 1.0
_AFTER_SUCCESS_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 5.0

Outcome = Literal["built", "busy", "failed"]


class BackgroundBuild:
    """At most one build at a time of the known set in a file. Used by one thread at a time."""

    def __init__(self, file: Path, veil_key: bytes, *, threads: int = 1) -> None:
        """`file` is the known set's. The key goes to the builder through a pipe: no process list shows it."""
        self._command = [sys.executable, "-m", "matchers.known.generations", str(file), "--threads", str(threads)]
        self._veil_key = veil_key
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0
        self._elsewhere = False

    def start(self) -> bool:
        """Begin one, unless one is under way or the last one failed a moment ago; returns whether one is under way,

        be it another process's.
        """
        self.poll()
        if self._process is None and time.monotonic() >= self._not_before:
            try:
                self._process = self._started()
            except OSError as error:
                self._not_before = time.monotonic() + _AFTER_FAILURE_SECONDS
                LOG.warning("known set: no process to build its index could be started (%s)", error.strerror)
        return self._process is not None or (self._elsewhere and time.monotonic() < self._not_before)

    def poll(self) -> Outcome | None:
        """How the last one ended, told once; None while it is under way or there was none."""
        process = self._process
        if process is None or process.poll() is None:
            return None
        self._process = None
        self._elsewhere = process.returncode == BUSY
        if process.returncode == 0:
            self._not_before = time.monotonic() + _AFTER_SUCCESS_SECONDS
            return "built"
        if process.returncode == BUSY:
            self._not_before = time.monotonic() + _AFTER_BUSY_SECONDS
            return "busy"
        self._not_before = time.monotonic() + _AFTER_FAILURE_SECONDS
        LOG.warning(
            "known set: the build of its index ended with status %d; matchers go on with what they have. "
            "See what it says: zoeklicht known build",
            process.returncode,
        )
        return "failed"

    def wait(self, seconds: float) -> Outcome | None:
        """As `poll`, but up to so many seconds later."""
        if self._process is None:
            time.sleep(seconds if self._elsewhere else 0.0)
            return None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return self.poll()

    def close(self) -> None:
        """End what is under way. It can be killed at any moment; the next one goes on from where matchers are."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the matcher, which ends it in order
        )
        assert process.stdin is not None
        # A pipe holds far more than a key; a builder that has ended already is found out by `poll`.
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(self._veil_key)
        return process
