"""Addresses that never end: paths that repeat themselves, calendars, and filters that multiply.

What is refused here is counted and listed like any other link, so that a trap that was none can be found out. Pictures
are not held back by their looks: they lead nowhere, so they cannot multiply by themselves.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from crawler.contract.clock import Clock
from crawler.contract.frontier import TargetKind
from crawler.contract.reasons import Reason
from crawler.sites.refusal import Refusal

_MOST_SEGMENTS = 25
"""Folders in a path. Real ones rarely have ten; Heritrix stops at 20."""
_MOST_TIMES = 3
"""A block of folders may stand twice in a row, not thrice (`/a/b/a/b/a/b`)."""
_MOST_TIMES_SHORT = 6
"""Numbers, and single names of up to two letters, repeat in paths of sharded pictures and pages (`/0/0/0/17`)."""
_SHORT = 2
_LONGEST_BLOCK = 5

_EARLIEST_YEAR = 1990
"""There was no web before; a calendar may still go back there."""
_FUTURE = timedelta(days=366)
"""Events are announced for so long ahead."""
_CALENDAR = re.compile(
    r"calend[ae]r|kalender|agenda|events?|evenementen|termine|schedule|archi(?:ve|ef)s?|date|datum|year|month|day|week"
)
_ISO_DATE = re.compile(r"(?<![\d-])(\d{4})-(0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?![\d-])")
_PATH_DATE = re.compile(r"/(\d{4})/(0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])(?=/|$)")
_PATH_MONTH = re.compile(r"/(\d{4})(?:[/_.-](0?[1-9]|1[0-2]))?(?=[/_.-]|$)")
_PACKED = re.compile(r"([12]\d{3})(0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?")
_YEAR_KEYS = frozenset({"year", "y", "yr", "jaar", "jahr", "calyear", "cal_year"})
_MONTH_KEYS = frozenset(
    {"month", "mon", "m", "maand", "monat", "calmonth", "cal_month", "ym", "date", "day", "d", "week"}
)

_PAGING = re.compile(r"page|paged|pg|start|st|offset|from|skip|seite|pagina|begin|first|limitstart|cursor|after|before")
_NAMES_SOMETHING = re.compile(
    r".*id|[tpfgvkc]|topic|thread|post|board|forum|album|gallery|cat|category|image|img|pic|picture|photo|file|item|page"
    r"|pos|position|index|idx|n|nr|no|num|number|key|slug|name|user|u|tag|q|query|search|title|path|dir|folder|showtopic"
)
"""Parameters that say which thing is shown, of which there are as many as there are, and not how."""
_MOST_NAME_SETS = 24
"""Different sets of further parameters on one thing: `?color=`, `?size=`, `?color=&size=` …"""
_JUDGED_AT = 200
"""Variants of one thing at which it is judged whether it is a few filters in all their combinations."""
_FEW_VALUES = _JUDGED_AT // 8
"""A parameter with more values than this is not a filter: it names things, whatever it is called."""
_THINGS = 1_000
"""Things remembered, those asked for last. 200 variants each would be some 20 MB."""


class Traps:
    """Recognises addresses that never end. Remembers variants, in a bounded memory; each process for itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._things: OrderedDict[int, _Variants] = OrderedDict()

    def refuse(self, url: str, kind: TargetKind, *, report_id: str | None = None) -> Refusal | None:
        """Why not to follow this (canonical) address, if it is one that never ends."""
        parts = urlsplit(url)
        if (found := repetition(parts.path)) is not None:
            return Refusal(reason=Reason.REPEATING_PATH, detail=found)
        pairs = parse_qsl(parts.query, keep_blank_values=True, separator="&")
        if pairs and max(Counter(pairs).values()) >= _MOST_TIMES:
            return Refusal(reason=Reason.REPEATING_PATH, detail="a parameter repeats itself")
        if kind == "picture":
            return None
        if (year := calendar_year(parts.path, pairs, self._today())) is not None:
            return Refusal(reason=Reason.CALENDAR, detail=f"year {year}")
        return self._faceted((report_id, parts.netloc, parts.path), pairs)

    def _faceted(self, place: tuple[object, ...], pairs: list[tuple[str, str]]) -> Refusal | None:
        which = [pair for pair in pairs if _NAMES_SOMETHING.fullmatch(pair[0].lower())]
        how = [pair for pair in pairs if pair not in which and not _PAGING.fullmatch(pair[0].lower())]
        if not how:
            return None
        thing = hash((*place, *sorted(which)))
        variants = self._things.pop(thing, None) or _Variants()
        self._things[thing] = variants
        if len(self._things) > _THINGS:
            self._things.popitem(last=False)
        told = variants.one_too_many(sorted(how))
        return None if told is None else Refusal(reason=Reason.TOO_MANY_VARIANTS, detail=told)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()


class _Variants:
    """How one thing was shown so far."""

    __slots__ = ("_combinations", "_endless", "_names", "_values")

    def __init__(self) -> None:
        self._names: set[int] = set()
        self._combinations: set[int] = set()
        self._values: dict[str, set[int]] = {}
        self._endless: bool | None = None
        """Whether its variants are combinations of a few values; None: too early to tell."""

    def one_too_many(self, how: list[tuple[str, str]]) -> str | None:
        """Count one variant; returns what is wrong with it, None when nothing is."""
        combination, names = hash(tuple(how)), hash(tuple(re.sub(r"\d+", "", name) for name, _ in how))
        if combination in self._combinations:
            return None
        if names not in self._names and len(self._names) >= _MOST_NAME_SETS:
            return f"more than {_MOST_NAME_SETS} sets of parameters"
        if self._endless:
            return f"more than {_JUDGED_AT} combinations of a few values"
        self._names.add(names)
        if self._endless is None:
            self._combinations.add(combination)
            for name, value in how:
                self._values.setdefault(name, set()).add(hash(value))
            if len(self._combinations) >= _JUDGED_AT:
                self._endless = max(map(len, self._values.values())) <= _FEW_VALUES
                self._values.clear()
                if not self._endless:
                    self._combinations.clear()
        return None


def repetition(path: str) -> str | None:
    """What a path repeats, or that it is too deep; None for an ordinary one."""
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) > _MOST_SEGMENTS:
        return f"more than {_MOST_SEGMENTS} folders"
    for size in range(1, _LONGEST_BLOCK + 1):
        for start in range(len(segments) - size * _MOST_TIMES + 1):
            block = segments[start : start + size]
            numbers = all(part.isdigit() for part in block) or (size == 1 and len(block[0]) <= _SHORT)
            times = 1
            while segments[start + times * size : start + (times + 1) * size] == block:
                times += 1
            if times >= (_MOST_TIMES_SHORT if numbers else _MOST_TIMES):
                return f"{size} folders, {times} times in a row"
    return None


def calendar_year(path: str, pairs: list[tuple[str, str]], today: date) -> int | None:
    """The year of a calendar's page that lies before the web or far ahead; None for everything else.

    A number alone is no year (`/topic/3024/2`): it takes a date spelled in full, or a word that calendars use.
    """
    for year, month in _months(path.lower(), {name.lower(): value for name, value in pairs}):
        if year < _EARLIEST_YEAR or date(year, month, 1) > today + _FUTURE:
            return year
    return None


def _months(path: str, query: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Years and months that an address names."""
    texts = [path, *query.values()]
    found: list[tuple[str, str | None]] = [match.groups() for text in texts for match in _ISO_DATE.finditer(text)]  # type: ignore[misc]  # two groups each
    found += [match.groups() for match in _PATH_DATE.finditer(path)]  # type: ignore[misc]  # two groups each
    words = set(re.findall(r"[a-z]+", path))
    if any(_CALENDAR.fullmatch(word) for word in words | query.keys()):
        found += [match.groups() for match in _PATH_MONTH.finditer(path)]  # type: ignore[misc]  # two groups each
        found += [match.groups() for value in query.values() if (match := _PACKED.fullmatch(value))]  # type: ignore[misc]
    years = [query[key] for key in _YEAR_KEYS & query.keys()]
    if years and (_MONTH_KEYS & query.keys() or any(_CALENDAR.fullmatch(word) for word in words)):
        found += [(year, None) for year in years]
    for year, month in found:
        if re.fullmatch(r"[1-9]\d{3}", year):
            yield int(year), int(month or 1)
