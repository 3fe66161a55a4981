"""Keeps matching again what was seen, in a thread of each matcher: one of a machine's processes at a time does it."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from matchers.contract.errors import MatcherError

LOG = logging.getLogger(__name__)

_LOCK: Final = "rematching.lock"
_NICE: Final = 10
_LONGEST_REST: Final = 600.0


def follow(
    round_: Callable[[Callable[[], bool]], object],
    stop: threading.Event,
    folder: Path,
    *,
    seconds: float = 5.0,
) -> None:
    """Until told to stop, call `round_` every so many seconds, after each as long a rest as it took.

    `round_` gets a function that says whether to stop. It is called by one process of those that share `folder` at a
    time; when that one ends, be it killed, another goes on. What it raises is logged, and it is called again.
    Meant for a thread of its own, whose priority it lowers: matching what comes in goes first.
    """
    with suppress(OSError):  # the priority of this thread only; without it the rest between rounds must do
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    rest = seconds
    while not stop.wait(rest):
        began = time.monotonic()
        try:
            with _alone(folder / _LOCK) as alone:
                if alone:
                    round_(stop.is_set)
        except MatcherError as error:
            LOG.warning("matching again what was seen: %s It is tried again.", error)
        except Exception:
            # This thread must outlive whatever comes: nobody would notice that nothing is matched again.
            LOG.exception("matching again what was seen failed, and is tried again")
        rest = max(seconds, min(time.monotonic() - began, _LONGEST_REST))


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other process has this lock; it is kept meanwhile, and gone with its process."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(opened)
