"""When to come again."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.frontier import PRIORITY_REVISIT, Again, Outcome, Round, Target, Visit
from crawler.contract.reasons import DECIDED_HERE, Reason
from crawler.contract.sites import Revisits
from crawler.fetching.revisiting import BLOCKED, next_round_interval, next_visit

NOW = 1_700_000_000.0
HOUR, DAY = 3600.0, 86_400.0
REVISITS = Revisits()
FETCHED = Outcome(kind="fetched", found="page")
GONE = Outcome(kind="failed", reason=Reason.NOT_FOUND)
PAGE = Target(
    fingerprint=7,
    url="https://host.example/list",
    host="host.example",
    site="s",
    kind="page",
    depth=4,
    chain=("seed", "a", "b", "c"),
    hops=2,
    attempt=3,
)


def visited(interval: float, misses: int = 0) -> Target:
    return msgspec.structs.replace(PAGE, visit=Visit(interval=interval, misses=misses))


def again(
    target: Target, outcome: Outcome = FETCHED, *, revisits: Revisits = REVISITS, last_modified: float | None = None
) -> Again:
    found = next_visit(target, revisits, outcome, now=NOW, last_modified=last_modified)
    assert isinstance(found, Again)
    return found


def interval_of(target: Target) -> float:
    assert target.visit is not None
    return target.visit.interval


def test_what_brought_something_new_is_seen_sooner_and_what_did_not_later() -> None:
    found = again(visited(8 * HOUR))
    assert interval_of(found.fruitful) == 4 * HOUR
    assert interval_of(found.fruitless) == 16 * HOUR


def test_a_page_that_wakes_up_after_long_is_seen_at_the_usual_interval() -> None:
    assert interval_of(again(visited(50 * DAY)).fruitful) == REVISITS.first_seconds


def test_a_first_visit_says_nothing_about_change() -> None:
    found = again(PAGE)
    assert found.fruitful == found.fruitless
    assert interval_of(found.fruitful) == REVISITS.first_seconds


def test_what_has_not_changed_for_long_may_wait_for_a_tenth_of_that() -> None:
    assert interval_of(again(PAGE, last_modified=NOW - 100 * DAY).fruitful) == pytest.approx(10 * DAY)
    assert interval_of(again(PAGE, last_modified=NOW - HOUR).fruitful) == REVISITS.shortest_seconds
    assert interval_of(again(PAGE, last_modified=NOW - 9_999 * DAY).fruitful) == REVISITS.longest_seconds
    assert interval_of(again(PAGE, last_modified=NOW + DAY).fruitful) == REVISITS.first_seconds


def test_what_the_server_says_counts_before_experience_only() -> None:
    assert again(visited(8 * HOUR), last_modified=NOW - 100 * DAY) == again(visited(8 * HOUR))


def test_unchanged_is_a_visit_that_brought_nothing() -> None:
    found = again(visited(8 * HOUR), Outcome(kind="fetched", reason=Reason.NOT_MODIFIED))
    assert interval_of(found.fruitless) == 16 * HOUR


def test_a_gone_page_is_tried_so_often_and_then_retired() -> None:
    target = PAGE
    for misses in range(1, REVISITS.gone_after):
        found = again(target, GONE)
        assert found.fruitful.visit == Visit(interval=REVISITS.first_seconds, misses=misses)
        target = found.fruitless
    assert next_visit(target, REVISITS, GONE, now=NOW) is Reason.GONE


def test_one_that_is_back_is_gone_no_longer() -> None:
    assert again(visited(DAY, misses=2)).fruitless.visit == Visit(interval=2 * DAY, misses=0)


def test_with_one_visit_enough_a_dead_link_is_retired_at_once() -> None:
    assert next_visit(PAGE, Revisits(gone_after=1), GONE, now=NOW) is Reason.GONE


@pytest.mark.parametrize("reason", sorted(BLOCKED))
def test_one_that_keeps_us_out_is_never_retired_and_seldom_asked(reason: Reason) -> None:
    target = visited(HOUR, misses=2)
    for _ in range(10):
        found = again(target, Outcome(kind="skipped" if reason in DECIDED_HERE else "failed", reason=reason))
        target = found.fruitless
        assert interval_of(target) == REVISITS.longest_seconds
        assert target.visit is not None
        assert target.visit.misses == 0


def test_a_redirect_is_seldom_asked_since_where_it_leads_has_its_own_interval() -> None:
    found = again(visited(HOUR), Outcome(kind="fetched", reason=Reason.REDIRECTED))
    assert interval_of(found.fruitful) == REVISITS.longest_seconds


def test_other_failures_make_the_interval_longer() -> None:
    found = again(visited(HOUR), Outcome(kind="failed", reason=Reason.TIMEOUT))
    assert interval_of(found.fruitless) == 2 * HOUR


def test_pictures_come_again_only_if_the_profile_wants_it() -> None:
    picture = msgspec.structs.replace(PAGE, kind="picture")
    outcome = Outcome(kind="fetched", found="picture")
    unwanted = Revisits(pictures=False)
    assert isinstance(next_visit(picture, REVISITS, outcome, now=NOW), Again)
    assert next_visit(picture, unwanted, outcome, now=NOW) is None
    assert next_visit(PAGE, unwanted, outcome, now=NOW) is None
    assert next_visit(picture, unwanted, GONE, now=NOW) is None
    assert isinstance(next_visit(PAGE, unwanted, FETCHED, now=NOW), Again)


def test_what_came_of_a_report_does_not_come_again() -> None:
    reported = msgspec.structs.replace(PAGE, report_id="r1")
    assert next_visit(reported, REVISITS, FETCHED, now=NOW) is None
    assert next_visit(reported, REVISITS, GONE, now=NOW) is None


def test_a_revisit_is_the_same_address_begun_afresh() -> None:
    found = again(visited(DAY)).fruitless
    assert (found.fingerprint, found.url, found.depth) == (PAGE.fingerprint, PAGE.url, PAGE.depth)
    assert (found.force, found.priority, found.attempt, found.hops) == (True, PRIORITY_REVISIT, 0, 0)
    assert (found.report_id, found.sealed_address) == (None, None)
    assert found.chain == ("seed", "c")


@pytest.mark.parametrize("chain", [(), ("seed",), ("seed", "c")])
def test_a_short_chain_stays_as_it_is(chain: tuple[str, ...]) -> None:
    assert again(msgspec.structs.replace(PAGE, chain=chain)).fruitful.chain == chain


def test_what_was_found_together_is_not_asked_together() -> None:
    times = sorted(
        again(msgspec.structs.replace(PAGE, fingerprint=number)).fruitful.not_before or 0 for number in range(1_000)
    )
    assert times[-1] - times[0] > 0.19 * DAY
    assert max(after - before for before, after in pairwise(times)) < 0.01 * DAY


seconds = st.floats(min_value=1, max_value=1e9)
outcomes = st.one_of(
    st.just(Outcome(kind="fetched")), st.sampled_from(Reason).map(lambda reason: Outcome(kind="failed", reason=reason))
)


@given(
    interval=st.one_of(st.none(), seconds),
    bounds=st.tuples(seconds, seconds).map(sorted),
    first=seconds,
    outcome=outcomes,
    misses=st.integers(0, 5),
    fingerprint=st.integers(-(2**63), 2**63 - 1),
    last_modified=st.one_of(st.none(), st.floats(-1e12, 1e12)),
)
def test_the_bounds_always_hold(
    interval: float | None,
    bounds: list[float],
    first: float,
    outcome: Outcome,
    misses: int,
    fingerprint: int,
    last_modified: float | None,
) -> None:
    revisits = Revisits(shortest_seconds=bounds[0], longest_seconds=bounds[1], first_seconds=first)
    visit = None if interval is None else Visit(interval=interval, misses=misses)
    target = msgspec.structs.replace(PAGE, visit=visit, fingerprint=fingerprint)
    found = next_visit(target, revisits, outcome, now=0.0, last_modified=last_modified)
    if found is Reason.GONE:
        assert outcome.reason is Reason.NOT_FOUND
        assert misses + 1 >= revisits.gone_after
        return
    assert found is not None
    for target in (found.fruitful, found.fruitless):
        assert bounds[0] <= interval_of(target) <= bounds[1]
        assert target.not_before is not None
        assert bounds[0] <= target.not_before <= bounds[1] * (1 + 1e-9)
    assert interval_of(found.fruitful) <= interval_of(found.fruitless)
    assert found == next_visit(target_again(found, visit), revisits, outcome, now=0.0, last_modified=last_modified)


def target_again(found: Again, visit: Visit | None) -> Target:
    """The target that gave this: only what a revisit sets anew differs, and none of that may matter."""
    return msgspec.structs.replace(found.fruitful, visit=visit)


def round_of(interval: float, number: int = 3) -> Round:
    return Round(site="s", number=number, began_at=NOW, interval=interval, pages=1, pictures=1, open=0)


def test_the_first_round_is_followed_as_the_profile_says() -> None:
    assert next_round_interval(REVISITS, round_of(1, number=0), brought_new=True) == REVISITS.round_seconds
    assert next_round_interval(REVISITS, round_of(1, number=0), brought_new=False) == REVISITS.round_seconds


def test_a_site_is_gone_through_more_often_while_it_brings_something_new() -> None:
    assert next_round_interval(REVISITS, round_of(8 * HOUR), brought_new=True) == 4 * HOUR
    assert next_round_interval(REVISITS, round_of(8 * HOUR), brought_new=False) == 16 * HOUR
    assert next_round_interval(REVISITS, round_of(40 * DAY), brought_new=True) == REVISITS.round_seconds


@given(interval=seconds, bounds=st.tuples(seconds, seconds).map(sorted), usual=seconds, new=st.booleans())
def test_a_round_keeps_to_the_bounds_too(interval: float, bounds: list[float], usual: float, *, new: bool) -> None:
    revisits = Revisits(shortest_seconds=bounds[0], longest_seconds=bounds[1], round_seconds=usual)
    assert bounds[0] <= next_round_interval(revisits, round_of(interval), brought_new=new) <= bounds[1]
