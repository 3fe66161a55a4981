"""When a site may be crawled."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.access import BasicAuth, Cookies
from crawler.contract.errors import ConfigError
from crawler.contract.mandates import Mandate, Means
from crawler.contract.sites import SiteProfile, Window
from crawler.sites.permits import (
    Closed,
    OpenSites,
    Permitted,
    check_time_zone,
    lacking,
    means_of,
    open_sites,
    permitted,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MANDATE = Mandate(
    kind="own", reference="ours", means=("anonymous",), expires=date(2026, 12, 31), approved_by=("one", "other")
)
NIGHTS = Window(opens="22:00", closes="06:00")


def profile(**changes: Any) -> SiteProfile:
    whole = {"name": "a", "type": "forum", "hosts": ("a.example",), "mandate": MANDATE, **changes}
    return SiteProfile(**whole)


def at(text: str, zone: ZoneInfo = AMSTERDAM, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def closed(site: SiteProfile, now: float) -> Closed:
    found = permitted(site, now)
    assert isinstance(found, Closed), found
    return found


def test_without_a_mandate_nothing_is_permitted() -> None:
    found = closed(profile(mandate=None), at("2026-06-01T12:00"))
    assert (found.why, found.until) == ("no_mandate", None)


def test_a_mandate_holds_until_the_end_of_its_last_day_where_the_site_is() -> None:
    assert isinstance(permitted(profile(), at("2026-12-31T23:59:59")), Permitted)
    assert closed(profile(), at("2027-01-01T00:00")).why == "expired"
    in_curacao = profile(window=Window(opens="00:00", closes="00:00", time_zone="America/Curacao"))
    assert isinstance(permitted(in_curacao, at("2027-01-01T04:59")), Permitted)
    assert closed(in_curacao, at("2027-01-01T05:00")).why == "expired"


@pytest.mark.parametrize(
    ("changes", "means"),
    [
        ({}, "anonymous"),
        ({"referrer": "none"}, "anonymous"),
        ({"referrer": "linking_page"}, "referrer"),
        ({"referrer": "fixed", "referrer_url": "https://b.example/"}, "referrer"),
        ({"cookies": Cookies(fixed={"adult": "1"})}, "cookie"),
        ({"basic_auth": BasicAuth(user_file="u", password_file="p")}, "account"),  # type: ignore[arg-type]  # any path
    ],
)
def test_what_a_profile_takes_has_to_be_permitted(changes: dict[str, Any], means: Means) -> None:
    site = profile(**changes)
    assert means_of(site) == {means}
    others: tuple[Means, ...] = ("anonymous", "referrer", "cookie", "account")
    without = msgspec.structs.replace(MANDATE, means=tuple(each for each in others if each != means))
    only = msgspec.structs.replace(MANDATE, means=(means,))
    now = at("2026-06-01T12:00")
    assert isinstance(permitted(profile(**changes, mandate=only), now), Permitted)
    refused = closed(profile(**changes, mandate=without), now)
    assert refused.why == "beyond_mandate"
    assert f'"{means}"' in refused.text


def test_what_a_report_brings_along_can_be_asked_too() -> None:
    assert lacking(profile(), {"anonymous", "account"}) == {"account"}
    assert lacking(profile(mandate=None), {"anonymous"}) == {"anonymous"}


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-06-01T21:59:59", False),
        ("2026-06-01T22:00:00", True),
        ("2026-06-02T00:00:00", True),
        ("2026-06-02T05:59:59", True),
        ("2026-06-02T06:00:00", False),
    ],
)
def test_a_window_may_lie_over_midnight(moment: str, is_open: bool) -> None:
    assert isinstance(permitted(profile(window=NIGHTS), at(moment)), Permitted) is is_open


def test_a_night_belongs_to_the_day_on_which_it_opened() -> None:
    fridays = profile(window=msgspec.structs.replace(NIGHTS, days=("fri",)))
    assert isinstance(permitted(fridays, at("2026-06-05T23:00")), Permitted)  # a Friday
    assert isinstance(permitted(fridays, at("2026-06-06T05:00")), Permitted)
    assert closed(fridays, at("2026-06-05T05:00")).until == datetime(2026, 6, 5, 22, tzinfo=AMSTERDAM)
    assert closed(fridays, at("2026-06-06T06:00")).until == datetime(2026, 6, 12, 22, tzinfo=AMSTERDAM)


def test_it_is_told_when_it_closes_and_opens() -> None:
    site = profile(window=NIGHTS)
    found = permitted(site, at("2026-06-01T23:00"))
    assert found == Permitted(until=datetime(2026, 6, 2, 6, tzinfo=AMSTERDAM))
    assert closed(site, at("2026-06-02T12:00")).until == datetime(2026, 6, 2, 22, tzinfo=AMSTERDAM)
    assert permitted(profile(), at("2026-06-01T23:00")) == Permitted(until=datetime(2027, 1, 1, tzinfo=AMSTERDAM))


def test_a_window_that_opens_after_the_mandate_has_ended_needs_somebody() -> None:
    mornings = profile(window=Window(opens="06:00", closes="12:00"))
    found = closed(mornings, at("2026-12-31T13:00"))
    assert (found.why, found.until) == ("outside_window", None)


def test_an_hour_that_is_skipped_in_spring_opens_nothing_and_one_that_comes_twice_is_open_twice() -> None:
    small_hours = profile(window=Window(opens="02:15", closes="02:45"))
    before = at("2026-03-29T01:59:59")
    assert closed(small_hours, before).until == datetime(2026, 3, 30, 2, 15, tzinfo=AMSTERDAM)
    assert closed(small_hours, before + 1).why == "outside_window"  # 03:00
    for fold in (0, 1):
        assert isinstance(permitted(small_hours, at("2026-10-25T02:30", fold=fold)), Permitted)
    assert closed(small_hours, at("2026-10-25T02:50")).why == "outside_window"


def test_a_window_that_opens_in_the_hour_that_is_skipped_opens_after_it() -> None:
    site = profile(window=Window(opens="02:30", closes="06:00"))
    assert isinstance(permitted(site, at("2026-03-29T03:00")), Permitted)


def test_the_clock_is_the_time_zones_not_the_machines() -> None:
    days = Window(opens="09:00", closes="17:00", time_zone="Asia/Tokyo")
    assert isinstance(permitted(profile(window=days), at("2026-06-01T09:00", ZoneInfo("Asia/Tokyo"))), Permitted)
    assert closed(profile(window=days), at("2026-06-01T12:00")).why == "outside_window"


def test_a_time_zone_that_is_none_is_told() -> None:
    for name in ("Europe/Rotterdam", "../etc/passwd", ""):
        with pytest.raises(ConfigError, match="is no time zone"):
            check_time_zone(profile(window=Window(opens="00:00", closes="06:00", time_zone=name)))


def test_open_sites_are_those_that_are_permitted_now() -> None:
    sites = [profile(), profile(name="night", window=NIGHTS), profile(name="none", mandate=None)]
    assert open_sites(sites, at("2026-06-01T12:00")) == {"a"}
    assert open_sites(sites, at("2026-06-01T23:00")) == {"a", "night"}


def test_open_sites_are_found_anew_as_time_goes_on() -> None:
    sites = OpenSites([profile(window=NIGHTS)])
    evening = at("2026-06-01T22:00")
    assert [sites.at(evening + seconds) for seconds in (-1, 0.5, 8 * 3600)] == [frozenset(), {"a"}, frozenset()]


CLOCK = st.times().map(lambda found: f"{found:%H:%M}")


@given(
    opens=CLOCK,
    closes=CLOCK,
    zone=st.sampled_from(["Europe/Amsterdam", "America/Curacao", "Australia/Lord_Howe"]),
    days=st.sets(st.sampled_from(["mon", "tue", "sat"])),
    now=st.integers(int(at("2026-01-02T00:00")), int(at("2026-11-30T00:00"))),
)
def test_what_is_said_of_opening_and_closing_comes_true(
    opens: str, closes: str, zone: str, days: set[Any], now: int
) -> None:
    site = profile(window=Window(opens=opens, closes=closes, time_zone=zone, days=tuple(sorted(days))))
    found = permitted(site, now)
    if isinstance(found, Permitted):
        assert found.until.timestamp() > now or found.until.replace(fold=1).timestamp() > now
        assert isinstance(permitted(site, now), Permitted)
    else:
        assert found.until is not None
        assert found.until.timestamp() > now
        assert isinstance(permitted(site, found.until.timestamp()), Permitted)
