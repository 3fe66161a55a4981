"""Counts what was asked of the practice web: what a crawl fetched, how politely, and what it must not touch."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from crawler.contract.struct import Record
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.features import Feature
from zoeklicht.practice.truth import AnswerKind

Note = Literal[
    "logins",
    "logins_refused",
    "sessions_ended",
    "throttled",
    "conditional",
    "not_modified",
    "grown",
]
"""What rules take note of: logins that worked and did not, sessions that ended, answers 429 and 503, requests with a
validator, answers 304, pages that grew."""


class HostTouched(Record, frozen=True, kw_only=True):
    """The requests to one host."""

    requests: int
    most_at_once: int
    """Requests under way at the same time. Says something only if answers take time (`--latency-ms`)."""
    smallest_gap_s: float | None
    """Least seconds from one request's arrival to the next one's; None before the second."""


class Fetched(Record, frozen=True, kw_only=True):
    """How often addresses of one kind were asked for, refusals not counted."""

    requests: int
    distinct: int
    duplicates: int
    """Requests beyond the first for an address."""


class Touched(Record, frozen=True, kw_only=True):
    """All counts since the start."""

    hosts: Mapping[str, HostTouched]
    """By IP address, whatever the host was called."""
    names: Mapping[str, HostTouched]
    """By the name in the Host header, without port."""
    forbidden: Mapping[str, int]
    """Requests that should not have been made, by kind. All zero for a good crawl.

    `robots`: behind robots.txt; `acting`; `outside`: no configured site; `messages`: somebody's private messages;
    `method`: neither GET nor HEAD, a login form apart; `private`: to an address that only a crawler takes that
    confuses addresses; `too_soon`: while the host had asked for silence, or before it had given a robots.txt.
    """
    pages: Fetched
    pictures: Fetched
    redirects: Fetched
    missing: Fetched
    """Pictures and threads that are gone: links to them are planted."""
    robots_txt: Fetched
    archives: Fetched
    videos: Fetched
    style_sheets: Fetched
    entries: Fetched
    """Login forms, and pages that let one through an age gate."""
    traps: Mapping[Feature, int]
    """Requests to pages that never end, by trap."""
    refused: Mapping[Feature, int]
    """Answers withheld, by lock: it was not opened, or not any more."""
    noted: Mapping[Note, int]
    unknown: int
    """Requests for what no page leads to."""


Wrong = Literal["robots", "acting", "outside", "messages", "method", "private", "too_soon"]
_WRONG: tuple[Wrong, ...] = get_args(Wrong)


class Touches:
    """Takes note of every request. Used by the reactor's thread alone."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.now = monotonic
        self._by_place: Counter[tuple[AnswerKind | None, str, str]] = Counter()
        self._refused: Counter[Feature] = Counter()
        self._traps: Counter[Feature] = Counter()
        self._wrong: Counter[Wrong] = Counter()
        self._noted: Counter[Note] = Counter()
        self._addresses: dict[str, _Pace] = {}
        self._names: dict[str, _Pace] = {}

    def arrive(self, asked: Asked) -> None:
        """A request has arrived."""
        now = self.now()
        self._addresses.setdefault(asked.address, _Pace()).begin(now)
        self._names.setdefault(asked.name, _Pace()).begin(now)

    def answer(self, asked: Asked, kind: AnswerKind | None, feature: Feature | None) -> None:
        """What it will be answered with is settled; `kind` is None when there is no answer to it."""
        self._by_place[kind, asked.address, asked.target] += 1
        if asked.method not in {"GET", "HEAD"} and kind != "entry":
            self._wrong["method"] += 1
        elif kind in _WRONG:
            self._wrong[kind] += 1
        if feature is not None and kind == "refused":
            self._refused[feature] += 1
        elif feature is not None and kind == "trap":
            self._traps[feature] += 1

    def end(self, asked: Asked) -> None:
        """A request has been answered, or whoever asked has gone."""
        self._addresses[asked.address].end()
        self._names[asked.name].end()

    def wrong(self, kind: Wrong) -> None:
        """It should not have been asked for, or not now."""
        self._wrong[kind] += 1

    def note(self, what: Note) -> None:
        """A rule has seen something worth counting."""
        self._noted[what] += 1

    @property
    def grown(self) -> int:
        """How often pages have grown."""
        return self._noted["grown"]

    def report(self) -> Touched:
        """The counts as of now."""
        return Touched(
            hosts={address: pace.report() for address, pace in sorted(self._addresses.items())},
            names={name: pace.report() for name, pace in sorted(self._names.items())},
            forbidden={kind: self._wrong[kind] for kind in _WRONG},
            pages=self._fetched("page"),
            pictures=self._fetched("picture"),
            redirects=self._fetched("redirect"),
            missing=self._fetched("missing"),
            robots_txt=self._fetched("robots_txt"),
            archives=self._fetched("archive"),
            videos=self._fetched("video"),
            style_sheets=self._fetched("style"),
            entries=self._fetched("entry"),
            traps=dict(self._traps),
            refused=dict(self._refused),
            noted={note: self._noted[note] for note in get_args(Note)},
            unknown=self._fetched(None).requests,
        )

    def _fetched(self, kind: AnswerKind | None) -> Fetched:
        times = [count for (of, _, _), count in self._by_place.items() if of == kind]
        return Fetched(requests=sum(times), distinct=len(times), duplicates=sum(times) - len(times))


class _Pace:
    """The requests to one host, as they come and go."""

    def __init__(self) -> None:
        self._requests = 0
        self._under_way = 0
        self._most = 0
        self._last: float | None = None
        self._gap: float | None = None

    def begin(self, now: float) -> None:
        if self._last is not None:
            gap = now - self._last
            self._gap = gap if self._gap is None else min(gap, self._gap)
        self._last = now
        self._requests += 1
        self._under_way += 1
        self._most = max(self._most, self._under_way)

    def end(self) -> None:
        self._under_way -= 1

    def report(self) -> HostTouched:
        return HostTouched(requests=self._requests, most_at_once=self._most, smallest_gap_s=self._gap)
