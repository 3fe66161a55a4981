"""CPU seconds of whole process trees, read from /proc: of those that run, and of those that ended meanwhile.

A role is started in a session of its own, by which its processes are found whatever becomes of their parents. They
are looked at every 50 ms, so each process may have spent that much unseen before its end.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.05
FIRST = ": first"
"""Stands after a name for the part of its sessions' first processes."""
_PROC = Path("/proc")


class Process(NamedTuple):
    """One look at one process."""

    pid: int
    session: int
    started: int
    """Clock ticks after boot; with the pid it names the process for good."""
    cpu: float
    """Seconds, user and system, without children."""
    resident: int
    """Bytes in memory, those shared with other processes included."""


def processes() -> Iterable[Process]:
    """All processes there are."""
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue  # ended between the two
        # proc(5): after the name, which may hold anything, in parentheses.
        fields = text.rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / _TICK
        yield Process(int(folder.name), int(fields[3]), int(fields[19]), cpu, int(fields[21]) * _PAGE)


class CpuMeter:
    """Adds up what sessions spend while it is entered. Used by one thread, apart from its own."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, int], tuple[float, bool]] = {}
        self._sessions: dict[int, str] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_often, name="cpu-meter", daemon=True)

    def watch(self, name: str, session: int) -> None:
        """Add the processes of this session to what is measured under that name."""
        with self._lock:
            self._sessions[session] = name
        self._look()

    def seconds(self) -> Mapping[str, float]:
        """What each name has spent so far, and under the name with `FIRST` its sessions' first processes alone."""
        self._look()
        totals: dict[str, float] = {}
        with self._lock:
            for (name, _, _), (cpu, first) in self._seen.items():
                totals[name] = totals.get(name, 0.0) + cpu
                if first:
                    totals[name + FIRST] = totals.get(name + FIRST, 0.0) + cpu
        return totals

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look_often(self) -> None:
        while not self._ended.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        with self._lock:
            for process in processes():
                name = self._sessions.get(process.session)
                if name is not None:
                    first = process.pid == process.session
                    self._seen[name, process.pid, process.started] = (process.cpu, first)


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """The difference of two readings."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
