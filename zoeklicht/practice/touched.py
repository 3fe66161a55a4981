"""Counts what was asked of the practice web: what a crawl fetched, how politely, and what it must not touch."""

from collections import Counter
from collections.abc import Callable, Mapping

from crawler.contract.struct import Record
from zoeklicht.practice.answers import AnswerKind


class HostTouched(Record, frozen=True, kw_only=True):
    """The requests to one host."""

    requests: int
    most_at_once: int
    """Requests under way at the same time. Says something only if answers take time (`--latency-ms`)."""
    smallest_gap_s: float | None
    """Least seconds from one request's arrival to the next one's; None before the second."""


class Fetched(Record, frozen=True, kw_only=True):
    """How often addresses of one kind were asked for."""

    requests: int
    distinct: int
    duplicates: int
    """Requests beyond the first for an address."""


class Touched(Record, frozen=True, kw_only=True):
    """All counts since the start."""

    hosts: Mapping[str, HostTouched]
    forbidden: Mapping[str, int]
    """Requests that should not have been made, by kind; "method" is any but GET and HEAD. All zero for a good crawl."""
    pages: Fetched
    pictures: Fetched
    redirects: Fetched
    missing: Fetched
    """Pictures that are gone: links to them are planted."""
    robots_txt: Fetched
    unknown: int
    """Requests for what no page leads to."""


_FORBIDDEN = ("robots", "acting", "outside", "method")


class Touches:
    """Takes note of every request. Used by the reactor's thread alone."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._by_place: Counter[tuple[AnswerKind | None, str, str]] = Counter()
        self._forbidden: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._most: dict[str, int] = {}
        self._last: dict[str, float] = {}
        self._gap: dict[str, float] = {}

    def begin(self, address: str, target: str, kind: AnswerKind | None, method: bytes) -> None:
        """A request has arrived; `kind` is None when there is no answer to it."""
        now = self._monotonic()
        if address in self._last:
            gap = now - self._last[address]
            self._gap[address] = min(gap, self._gap.get(address, gap))
        self._last[address] = now
        self._by_place[kind, address, target] += 1
        self._under_way[address] += 1
        self._most[address] = max(self._most.get(address, 0), self._under_way[address])
        if method not in {b"GET", b"HEAD"}:
            self._forbidden["method"] += 1
        elif kind in _FORBIDDEN:
            self._forbidden[kind] += 1

    def end(self, address: str) -> None:
        """A request has been answered, or whoever asked has gone."""
        self._under_way[address] -= 1

    def report(self) -> Touched:
        """The counts as of now."""
        requests: Counter[str] = Counter()
        for (_, address, _), times in self._by_place.items():
            requests[address] += times
        return Touched(
            hosts={
                address: HostTouched(
                    requests=requests[address],
                    most_at_once=self._most[address],
                    smallest_gap_s=self._gap.get(address),
                )
                for address in sorted(requests)
            },
            forbidden={kind: self._forbidden[kind] for kind in _FORBIDDEN},
            pages=self._fetched("page"),
            pictures=self._fetched("picture"),
            redirects=self._fetched("redirect"),
            missing=self._fetched("missing"),
            robots_txt=self._fetched("robots_txt"),
            unknown=self._fetched(None).requests,
        )

    def _fetched(self, kind: AnswerKind | None) -> Fetched:
        times = [count for (of, _, _), count in self._by_place.items() if of == kind]
        return Fetched(requests=sum(times), distinct=len(times), duplicates=sum(times) - len(times))
