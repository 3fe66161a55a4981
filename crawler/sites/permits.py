"""May this site be crawled now? By its mandate, and in its window. Pure: the time is handed in."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.contract.errors import ConfigError
from crawler.contract.mandates import Means
from crawler.contract.sites import SiteProfile, Window
from crawler.contract.struct import Record

DEFAULT_TIME_ZONE = "Europe/Amsterdam"
"""Of sites without a window: the day on which their mandate ends is told by it."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD = 9
"""Days: a week, with the window that began yesterday and the one that opens a week from today."""


class Permitted(Record, frozen=True, kw_only=True):
    """It may be crawled, until then at the latest."""

    until: datetime


class Closed(Record, frozen=True, kw_only=True):
    """It may not be crawled now."""

    why: Literal["no_mandate", "expired", "beyond_mandate", "outside_window"]
    text: str
    """For a person, with what to do."""
    until: datetime | None = None
    """When it opens by itself; None: when somebody has done something about it."""


def means_of(profile: SiteProfile) -> frozenset[Means]:
    """The means that crawling by this profile takes."""
    taken: set[Means] = set()
    if profile.referrer in {"linking_page", "fixed"}:
        taken.add("referrer")
    if profile.cookies is not None:
        taken.add("cookie")
    if profile.login is not None or profile.basic_auth is not None:
        taken.add("account")
    return frozenset(taken or {"anonymous"})


def lacking(profile: SiteProfile, means: Iterable[Means]) -> frozenset[Means]:
    """Those of the means that the site's mandate does not permit: all of them, where there is none."""
    return frozenset(means) - frozenset(profile.mandate.means if profile.mandate else ())


def permitted(profile: SiteProfile, now: float) -> Permitted | Closed:
    """Whether the site may be crawled at `now` (epoch seconds).

    A mandate holds until the end of its last day. The window is read off the wall clock of its time zone: an hour
    that is skipped in spring opens nothing, one that comes twice in autumn is open twice. Where `closes` is not later
    than `opens` the window lies over midnight and belongs to the day on which it opened; where they are equal, it
    is open for a day. Raises `ConfigError` for a time zone that is not known.
    """
    mandate = profile.mandate
    if mandate is None:
        return Closed(why="no_mandate", text="it has no mandate. Add [mandate] to its profile once there is one.")
    beyond = sorted(lacking(profile, means_of(profile)))
    if beyond:
        wanting = " and ".join(f'"{means}"' for means in beyond)
        text = f"its mandate does not permit the means {wanting}, which its profile takes. Change one of them."
        return Closed(why="beyond_mandate", text=text)
    zone = _zone(profile.window.time_zone if profile.window else DEFAULT_TIME_ZONE)
    here = datetime.fromtimestamp(now, zone)
    if here.date() > mandate.expires:
        text = f"its mandate ended on {mandate.expires}. Renew it, and say so in the profile."
        return Closed(why="expired", text=text)
    end = _end_of(mandate.expires, zone)
    return _in_window(profile.window, here, end) if profile.window else Permitted(until=end)


def _in_window(window: Window, here: datetime, end: datetime) -> Permitted | Closed:
    if (closing := _closing(window, here)) is not None:
        return Permitted(until=min(end, closing))
    opening = _opening(window, here)
    if opening is None or opening >= end:
        text = "outside its window, and its mandate ends before that opens again. Renew it."
        return Closed(why="outside_window", text=text)
    return Closed(why="outside_window", text=f"outside its window, until {opening:%a %d %b %H:%M %Z}.", until=opening)


def open_sites(profiles: Iterable[SiteProfile], now: float) -> frozenset[str]:
    """The names of the sites that may be crawled at `now` (epoch seconds): the frontier hands out theirs alone."""
    return frozenset(profile.name for profile in profiles if isinstance(permitted(profile, now), Permitted))


class OpenSites:
    """The sites that are open, found anew once a second: 4 ms for 300 sites with windows, too much for each lease."""

    def __init__(self, profiles: Iterable[SiteProfile]) -> None:
        self._profiles = tuple(profiles)
        self._second: int | None = None
        self._open: frozenset[str] = frozenset()

    def at(self, now: float) -> frozenset[str]:
        """See `open_sites`; at most a second late."""
        if self._second != int(now):
            self._open = open_sites(self._profiles, now)
            self._second = int(now)
        return self._open


def check_time_zone(profile: SiteProfile) -> None:
    """Raise `ConfigError` when the window's time zone is not known."""
    if profile.window is not None:
        _zone(profile.window.time_zone)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"{name!r} is no time zone. Write it like {DEFAULT_TIME_ZONE}.") from None


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """The end of a day; for the last day that dates can tell, its last second."""
    after = date.max if day == date.max else day + timedelta(days=1)
    return datetime.combine(after, time(), zone)


def _opens_on(window: Window, day: date) -> bool:
    return not window.days or _DAYS[day.weekday()] in window.days


def _closing(window: Window, here: datetime) -> datetime | None:
    """When the window that is open at this wall-clock time closes; None when none is."""
    clock = here.replace(tzinfo=None, fold=0)
    for day in (here.date(), here.date() - timedelta(days=1)):
        opens, closes = _bounds(window, day)
        if _opens_on(window, day) and opens <= clock < closes:
            return closes.replace(tzinfo=here.tzinfo)
    return None


def _opening(window: Window, here: datetime) -> datetime | None:
    """When it opens next, after a moment at which it is closed."""
    moment = here.astimezone(UTC)
    for ahead in range(_LOOK_AHEAD):
        day = here.date() + timedelta(days=ahead)
        opens = _bounds(window, day)[0].replace(tzinfo=here.tzinfo)
        # A clock that was put forward over the opening hour: by then it is later, if not too late.
        real = opens.astimezone(UTC).astimezone(here.tzinfo)
        if _opens_on(window, day) and real.astimezone(UTC) > moment and _closing(window, real) is not None:
            return real
    return None


def _bounds(window: Window, day: date) -> tuple[datetime, datetime]:
    """The wall-clock times at which the window of that day opens and closes, without a time zone."""
    opens = datetime.combine(day, time.fromisoformat(window.opens))
    closes = datetime.combine(day, time.fromisoformat(window.closes))
    return opens, closes if closes > opens else closes + timedelta(days=1)
