"""Budgets of sites, and the rounds that they are for."""

from crawler.contract.frontier import Count, Frontier, PassedOver, Round, Target
from crawler.contract.reasons import Reason
from tests.ports.frontier.stores import SITES, START, Hands, Store, done, numbers, target
from tests.ports.frontier.test_passed_over import passed

SITE = SITES[0]


def over_budget(frontier: Frontier) -> int:
    return sum(count.count for count in frontier.stats().counts if count.reason is Reason.OVER_BUDGET)


def test_what_lies_beyond_the_budget_is_not_accepted_but_counted(frontier: Frontier) -> None:
    frontier.set_budget(SITE, pages=2, pictures=1)
    assert frontier.add([target(n) for n in range(5)]) == 2
    assert frontier.add([target(n, kind="picture") for n in range(5, 8)]) == 1
    assert frontier.add([target(9, "b.example", site="other")]) == 1
    assert frontier.stats().counts == (
        Count(site=SITE, kind="link", outcome="skipped", reason=Reason.OVER_BUDGET, count=5),
    )
    (leases) = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert numbers(leases) == [0, 1, 5]


def test_what_was_seen_before_is_not_beyond_it_and_what_is_forced_is(frontier: Frontier) -> None:
    frontier.set_budget(SITE, pages=1)
    frontier.add([target(1)])
    assert frontier.add([target(1)]) == 0
    assert over_budget(frontier) == 0
    assert frontier.add([target(1, force=True)]) == 0
    assert over_budget(frontier) == 1


def test_children_beyond_the_budget_are_counted_by_the_completion_that_ends_the_lease_only(frontier: Frontier) -> None:
    frontier.set_budget(SITE, pages=1)
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    ending = done(lease, target(2), target(3))
    frontier.complete([ending, ending])
    frontier.complete([ending])
    assert over_budget(frontier) == 2
    assert not frontier.has_work()


def test_it_comes_within_reach_in_the_next_round(frontier: Frontier) -> None:
    frontier.set_budget(SITE, pages=1)
    assert frontier.add([target(1), target(2)]) == 1
    assert frontier.begin_round(SITE, after=0, interval=60)
    assert frontier.add([target(2), target(3)]) == 1


def test_a_budget_can_be_lifted_and_lowered(frontier: Frontier) -> None:
    frontier.set_budget(SITE, pages=1)
    assert frontier.add([target(n) for n in range(3)]) == 1
    frontier.set_budget(SITE)
    assert frontier.add([target(n) for n in range(3)]) == 2
    frontier.set_budget(SITE, pages=2)
    assert frontier.add([target(9)]) == 0


def test_a_round_is_begun_once_together_with_its_seeds(frontier: Frontier, clock: Hands) -> None:
    assert frontier.rounds() == []
    seeds = [target(1, force=True), target(2, force=True, kind="picture")]
    assert frontier.begin_round(SITE, after=0, interval=60, seeds=seeds)
    assert not frontier.begin_round(SITE, after=0, interval=60, seeds=seeds)
    assert frontier.rounds() == [Round(site=SITE, number=1, began_at=START, interval=60, pages=1, pictures=1, open=2)]
    frontier.complete([done(lease) for lease in frontier.lease("w", limit=9, per_host=9, sites=SITES)])
    clock.now += 60
    assert not frontier.begin_round(SITE, after=2, interval=30)
    assert frontier.begin_round(SITE, after=1, interval=30, seeds=seeds[:1])
    assert frontier.rounds() == [
        Round(site=SITE, number=2, began_at=START + 60, interval=30, pages=1, pictures=0, open=1)
    ]


def test_a_site_that_something_was_accepted_of_is_in_round_nought(frontier: Frontier) -> None:
    frontier.add([target(1), target(2, kind="picture"), target(3, site="other", report_id="r-1")])
    first, second = frontier.rounds()
    assert (first.site, first.number, first.pages, first.pictures, first.open) == (SITE, 0, 1, 1, 2)
    assert (second.site, second.number, second.pages, second.pictures, second.open) == ("other", 0, 0, 0, 1)


def test_what_lies_beyond_it_is_listed_when_somebody_says_how(store: Store, clock: Hands) -> None:
    def describe(beyond: Target, reason: Reason, at: float) -> PassedOver:
        return passed(beyond.fingerprint, at=at, site=beyond.site, reason=reason, report_id=beyond.report_id)

    frontier = store.open(clock, describe)
    frontier.set_budget(SITE, pages=2)
    frontier.add([target(1), target(2, "b.example", site="other"), target(3), target(4)])
    leases = {each.target.fingerprint: each for each in frontier.lease("w", limit=9, per_host=1, sites=[SITE, "other"])}
    endings = [done(leases[2], target(1), target(5)), done(leases[1], target(6), target(7, site="other"), target(8))]
    frontier.complete(endings)
    frontier.complete(endings)
    frontier.set_budget("third", pages=0)
    frontier.begin_round("third", after=0, interval=1, seeds=[target(9, site="third")])
    listed = list(frontier.passed_over(reason=Reason.OVER_BUDGET))
    assert sorted((each.digest, each.site) for each in listed) == [
        (f"{n:032x}", "third" if n == 9 else SITE) for n in (4, 5, 6, 8, 9)
    ]
    assert {each.at for each in listed} == {clock.now}
