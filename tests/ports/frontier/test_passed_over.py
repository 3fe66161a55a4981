"""The listing of what was passed over, and why."""

import msgspec
import pytest

from crawler.contract.frontier import Completion, Frontier, Lease, Outcome, PassedOver
from crawler.contract.reasons import Reason
from tests.ports.frontier.stores import SITES, START, Hands, Store, done, target


def passed(
    number: int,
    *,
    at: float = START,
    site: str = SITES[0],
    reason: Reason = Reason.TOO_DEEP,
    report_id: str | None = None,
) -> PassedOver:
    return PassedOver(
        digest=f"{number:032x}",
        site=site,
        kind="link",
        reason=reason,
        host="b.example",
        sealed_address=f"{number:_>70}",
        at=at,
        report_id=report_id,
        detail=f"as of {at}",
    )


def ending(lease: Lease, *found: PassedOver) -> Completion:
    return Completion(lease_id=lease.id, outcome=Outcome(kind="fetched"), passed=found)


def leases(frontier: Frontier, number: int = 1) -> list[Lease]:
    frontier.add([target(n) for n in range(number)])
    return list(frontier.lease("w", limit=number, per_host=number, sites=SITES))


def test_it_is_listed_oldest_first_and_can_be_narrowed_down(frontier: Frontier) -> None:
    (lease,) = leases(frontier)
    found = [
        passed(1, at=START + 3),
        passed(2, at=START + 1, site="s/ite"),
        passed(3, at=START + 2, reason=Reason.CALENDAR, report_id="r-1"),
    ]
    frontier.complete([ending(lease, *found)])
    assert list(frontier.passed_over()) == [found[1], found[2], found[0]]
    assert list(frontier.passed_over(site="s/ite")) == [found[1]]
    assert list(frontier.passed_over(reason=Reason.TOO_DEEP)) == [found[1], found[0]]
    assert list(frontier.passed_over(report_id="r-1")) == [found[2]]
    assert list(frontier.passed_over(site=SITES[0], reason=Reason.CALENDAR)) == [found[2]]
    assert list(frontier.passed_over(site="none")) == []


def test_it_is_listed_once_for_each_site_and_reason_as_it_was_last_seen(frontier: Frontier) -> None:
    one, two = leases(frontier, 2)
    frontier.complete([ending(one, passed(1), passed(2, at=START + 1), passed(1, reason=Reason.CALENDAR))])
    newer, older = passed(1, at=START + 5), passed(2, at=START)
    frontier.complete([ending(two, newer, older)])
    assert list(frontier.passed_over(reason=Reason.TOO_DEEP)) == [passed(2, at=START + 1), newer]
    assert list(frontier.passed_over(reason=Reason.CALENDAR)) == [passed(1, reason=Reason.CALENDAR)]


def test_only_the_completion_that_ends_its_lease_lists_anything(frontier: Frontier) -> None:
    (lease,) = leases(frontier)
    frontier.complete([done(lease)])
    frontier.complete([ending(lease, passed(1))])
    assert list(frontier.passed_over()) == []


def test_the_oldest_goes_when_there_are_too_many_of_a_site_and_reason(store: Store, clock: Hands) -> None:
    store.table = msgspec.structs.replace(store.table, listed_per_reason=3)
    frontier = store.open(clock)
    one, two = leases(frontier, 2)
    frontier.complete([ending(one, *(passed(n, at=START + n) for n in (1, 2, 3)), passed(9, site="other"))])
    frontier.complete([ending(two, passed(1, at=START + 9), passed(5, at=START + 5), passed(0, at=START - 9))])
    listed = list(frontier.passed_over(site=SITES[0]))
    assert listed == [passed(3, at=START + 3), passed(5, at=START + 5), passed(1, at=START + 9)]
    assert len(list(frontier.passed_over(site="other"))) == 1


@pytest.mark.parametrize("lists", [1, 60])
def test_a_long_listing_is_told_whole_and_once(frontier: Frontier, lists: int) -> None:
    (lease,) = leases(frontier)
    # Many were seen at the same moment.
    found = [passed(n, at=START + n // 700, site=f"site {n % lists}") for n in range(990)]
    frontier.complete([ending(lease, *found)])
    listed = list(frontier.passed_over())
    assert [each.at for each in listed] == sorted(each.at for each in found)
    assert sorted(listed, key=lambda each: each.digest) == found
