"""Watches a run from outside: what was asked of the practice web, and when each hit could first be searched for."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Self

from elastic_transport import TransportError
from elasticsearch import ApiError

from benchmarks.practice_web import Web
from benchmarks.sides import Side
from zoeklicht.practice.touched import Touched

_EVERY = 0.1
_FETCHES_EVERY = 5
"""The practice web counts anew for each answer, so it is asked at every fifth look only."""


class Watch:
    """Looks ten times a second while it is entered."""

    def __init__(self, side: Side, web: Web) -> None:
        self._side = side
        self._web = web
        self._delays: dict[str, float] = {}
        self._fetches = 0
        self._first: float | None = None
        self._last = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_often, name="watch", daemon=True)
        self.touched: Touched = web.touched()

    @property
    def found(self) -> Mapping[str, float]:
        """Each hit's name, with the seconds from its fetch until a search found it, the last tenth unsure."""
        return dict(self._delays)

    @property
    def delays(self) -> Sequence[float]:
        """The seconds alone, sorted."""
        return sorted(self._delays.values())

    @property
    def seconds(self) -> float:
        """From the first fetch to the last, within half a second."""
        return self._last - self._first if self._first is not None else 0.0

    @property
    def quiet_for(self) -> float:
        """Seconds since the last fetch or the last new hit."""
        return time.monotonic() - self._last

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look_often(self) -> None:
        looks = 0
        while not self._ended.wait(_EVERY):
            if looks % _FETCHES_EVERY == 0:
                self._look_at_fetches()
            self._look_at_hits()
            looks += 1

    def _look_at_fetches(self) -> None:
        self.touched = self._web.touched()
        fetches = self.touched.pages.requests + self.touched.pictures.requests
        if fetches != self._fetches:
            self._fetches = fetches
            self._last = time.monotonic()
            self._first = self._first or self._last

    def _look_at_hits(self) -> None:
        try:
            hits = self._side.hits()
        except (ApiError, TransportError):
            return  # the index is being made
        now = time.time()
        for name, fetched in hits.items():
            self._delays.setdefault(name, now - fetched)
