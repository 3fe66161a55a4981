"""A host belongs to one worker, and rests when that one is done with it."""

from crawler.contract.frontier import Frontier
from tests.ports.frontier.stores import SITES, Hands, done, numbers, target


def test_nobody_else_is_given_a_host_that_is_held(frontier: Frontier) -> None:
    frontier.add([target(1), target(2)])
    assert numbers(frontier.lease("one", limit=1, per_host=1, sites=SITES)) == [1]
    frontier.add([target(3, "b.example")])
    assert numbers(frontier.lease("other", limit=9, per_host=9, sites=SITES)) == [3]
    assert numbers(frontier.lease("one", limit=9, per_host=9, sites=SITES)) == [2]


def test_its_holder_is_given_more_of_it_up_to_the_bound(frontier: Frontier) -> None:
    frontier.add([target(n) for n in range(10)])
    assert numbers(frontier.lease("w", limit=2, per_host=3, sites=SITES)) == [0, 1]
    held = frontier.lease("w", limit=9, per_host=3, sites=SITES)
    assert numbers(held) == [2]
    assert frontier.lease("w", limit=9, per_host=3, sites=SITES) == []
    frontier.complete([done(held[0])])
    assert numbers(frontier.lease("w", limit=9, per_host=3, sites=SITES)) == [3]


def test_it_stays_held_until_the_last_lease_has_ended(frontier: Frontier) -> None:
    frontier.add([target(n) for n in range(4)])
    one, two = frontier.lease("one", limit=2, per_host=2, sites=SITES)
    frontier.complete([done(one)])
    assert frontier.lease("other", limit=9, per_host=9, sites=SITES) == []
    frontier.complete([done(two)])
    assert numbers(frontier.lease("other", limit=9, per_host=9, sites=SITES)) == [2, 3]


def test_it_rests_for_the_gap_of_the_target_that_ended_last(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, gap=9), target(2, gap=2), target(3)])
    one, two = frontier.lease("w", limit=2, per_host=2, sites=SITES)
    frontier.complete([done(one), done(two)])
    clock.now += 1.75
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    assert frontier.lease("other", limit=9, per_host=9, sites=SITES) == []
    clock.now += 0.25
    assert numbers(frontier.lease("other", limit=9, per_host=9, sites=SITES)) == [3]


def test_it_rests_although_nothing_waited_when_its_last_lease_ended(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, gap=2)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    frontier.complete([done(lease)])
    frontier.add([target(2)])
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 2
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [2]


def test_it_rests_after_a_release_and_after_a_holder_died(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, gap=2)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    frontier.release(lease.id, not_before=clock.now, attempt=1)
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 2
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]
    clock.now += 60
    frontier.reap()
    clock.now += 1.75
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 0.25
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]


def test_a_deferred_host_is_asked_by_nobody_and_never_earlier_than_was_said(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    frontier.defer_host("a.example", clock.now + 30)
    frontier.defer_host("a.example", clock.now + 10)
    clock.now += 29.75
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 0.25
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]


def test_a_host_can_be_deferred_before_anything_of_it_is_known(frontier: Frontier, clock: Hands) -> None:
    frontier.defer_host("a.example", clock.now + 30)
    assert not frontier.has_work()
    assert frontier.stats().hosts == 0
    frontier.add([target(1)])
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 30
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]


def test_its_holder_is_given_no_more_of_a_deferred_host(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, gap=1), target(2)])
    (lease,) = frontier.lease("w", limit=1, per_host=2, sites=SITES)
    frontier.defer_host("a.example", clock.now + 30)
    assert frontier.lease("w", limit=9, per_host=2, sites=SITES) == []
    frontier.complete([done(lease)])
    clock.now += 29.75
    assert frontier.lease("w", limit=9, per_host=2, sites=SITES) == []
    clock.now += 0.25
    assert numbers(frontier.lease("w", limit=9, per_host=2, sites=SITES)) == [2]


def test_a_deferral_in_the_past_changes_nothing(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    frontier.defer_host("a.example", clock.now - 30)
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]
