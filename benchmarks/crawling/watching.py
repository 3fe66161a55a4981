"""Watches a run from outside: what the practice web was asked for, and what the processes spend and hold."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from benchmarks.measuring import processes
from benchmarks.practice_web import Web
from zoeklicht.practice.touched import Touched

_EVERY = 0.1
CRAWLERS, HASHING = "crawlers", "of the crawlers: hashing processes"


class Sample(NamedTuple):
    """One look."""

    at: float
    """`time.monotonic()`."""
    touched: Touched
    cpu: Mapping[str, float]
    """Seconds that each name has spent so far, those of its ended processes included."""
    resident: int
    """Bytes that the crawlers hold; what they share counts for each."""

    @property
    def fetched(self) -> int:
        """Pages and pictures so far, repeated ones included."""
        return self.touched.pages.requests + self.touched.pictures.requests


class Watch:
    """Looks ten times a second while it is entered. What a process spends in its last tenth may go unseen."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._sessions: dict[int, str] = {}
        self._cpu: dict[tuple[str, int, int], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_often, name="watch", daemon=True)
        self.samples: list[Sample] = []

    def watch(self, name: str, session: int) -> None:
        """Add the processes of this session to what is measured under that name."""
        self._sessions = {**self._sessions, session: name}

    @property
    def last(self) -> Sample:
        """The latest look."""
        return self.samples[-1]

    @property
    def quiet_for(self) -> float:
        """Seconds since the last fetch that was seen; 0 before the first."""
        window = self.window
        return time.monotonic() - window[-1].at if window else 0.0

    @property
    def window(self) -> Sequence[Sample]:
        """The looks from the one that saw the first fetch to the one that saw the last; none before the first."""
        samples = list(self.samples)
        if not samples or not samples[-1].fetched:
            return ()
        first = next(place for place, each in enumerate(samples) if each.fetched)
        end = next(place for place, each in enumerate(samples) if each.fetched == samples[-1].fetched)
        return samples[first : end + 1]

    def cpu_at(self, moment: float) -> Mapping[str, float]:
        """What had been spent at that moment, or at the last look before the end."""
        return next((each for each in self.samples if each.at >= moment), self.last).cpu

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _look_often(self) -> None:
        while not self._ended.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        at, touched, sessions, resident = time.monotonic(), self._web.touched(), self._sessions, 0
        for process in processes():
            name = sessions.get(process.session)
            if name is None:
                continue
            names = [name]
            if name == CRAWLERS:
                resident += process.resident
                names += [HASHING] if process.pid != process.session else []
            for each in names:
                self._cpu[each, process.pid, process.started] = process.cpu
        totals: dict[str, float] = {}
        for (name, _, _), cpu in self._cpu.items():
            totals[name] = totals.get(name, 0.0) + cpu
        self.samples.append(Sample(at, touched, totals, resident))
