"""How leases end: completed, released, failed, or expired because their holder died."""

import pytest

from crawler.contract.frontier import Completion, Count, Frontier, Outcome
from crawler.contract.reasons import Reason
from tests.ports.frontier.stores import (
    LEASE_SECONDS,
    MAX_EXPIRIES,
    MAX_LEASE_AGE,
    SITES,
    Hands,
    Store,
    done,
    numbers,
    target,
)


def counted(frontier: Frontier) -> dict[tuple[str, str, Reason | None], int]:
    return {(c.kind, c.outcome, c.reason): c.count for c in frontier.stats().counts}


def test_completing_adds_the_children_and_counts_the_outcome_and_the_links(frontier: Frontier) -> None:
    frontier.add([target(1), target(2)])
    one, two = frontier.lease("w", limit=2, per_host=2, sites=SITES)
    links = {Reason.OUTSIDE_SITES: 3, Reason.ACTING_LINK: 2}
    skipped = Outcome(kind="skipped", reason=Reason.ROBOTS_DISALLOWED, links={Reason.OUTSIDE_SITES: 1})
    ended = frontier.complete(
        [
            Completion(
                lease_id=one.id,
                outcome=Outcome(kind="fetched", links=links),
                children=(target(3), target(1), target(4, "b.example")),
            ),
            Completion(lease_id=two.id, outcome=skipped, children=(target(4, "b.example"),)),
        ]
    )
    assert ended == 2
    assert sorted(numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES))) == [3, 4]
    assert counted(frontier) == {
        ("page", "fetched", None): 1,
        ("page", "skipped", Reason.ROBOTS_DISALLOWED): 1,
        ("link", "skipped", Reason.OUTSIDE_SITES): 4,
        ("link", "skipped", Reason.ACTING_LINK): 2,
    }


def test_counts_are_kept_by_site_and_kind(frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    frontier.fail(lease.id, Reason.TIMEOUT)
    assert frontier.stats().counts == (
        Count(site="a site", kind="page", outcome="failed", reason=Reason.TIMEOUT, count=1),
    )


def test_a_target_is_counted_as_what_it_turned_out_to_be(frontier: Frontier) -> None:
    frontier.add([target(1), target(2)])
    leases = frontier.lease("w", limit=2, per_host=2, sites=SITES)
    picture = Outcome(kind="fetched", found="picture", links={Reason.TOO_DEEP: 1})
    frontier.complete([Completion(lease_id=lease.id, outcome=picture) for lease in leases])
    assert counted(frontier) == {("picture", "fetched", None): 2, ("link", "skipped", Reason.TOO_DEEP): 2}


def test_completing_again_changes_nothing_but_its_children_are_welcome(frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    ending = Completion(
        lease_id=lease.id, outcome=Outcome(kind="fetched", links={Reason.TOO_DEEP: 1}), children=(target(2),)
    )
    assert frontier.complete([ending]) == 1
    before = frontier.stats()
    assert frontier.complete([ending, ending]) == 0
    assert frontier.stats() == before
    assert frontier.complete([done(lease, target(2), target(3))]) == 0
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [2, 3]
    assert counted(frontier) == {("page", "fetched", None): 1, ("link", "skipped", Reason.TOO_DEEP): 1}


def test_a_lease_that_never_was_ends_nothing(frontier: Frontier) -> None:
    frontier.add([target(1)])
    unknown = Completion(lease_id="no such lease", outcome=Outcome(kind="fetched"))
    assert frontier.complete([unknown]) == 0
    assert frontier.complete([]) == 0
    assert not frontier.release("no such lease", not_before=0, attempt=1)
    assert not frontier.fail("no such lease", Reason.TIMEOUT)
    assert frontier.renew("w", ["no such lease"]) == ["no such lease"]
    assert frontier.stats().pending == 1


def test_a_batch_larger_than_one_step_ends_every_lease(frontier: Frontier) -> None:
    frontier.add([target(n) for n in range(1500)])
    leases = frontier.lease("w", limit=1500, per_host=1500, sites=SITES)
    children = [tuple(target(2000 + 2 * i + k) for k in range(2)) for i in range(1500)]
    assert frontier.complete([done(lease, *new) for lease, new in zip(leases, children, strict=True)]) == 1500
    assert frontier.stats().pending == 3000


def test_a_released_target_comes_back_at_its_time_with_its_attempts(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, priority=10), target(2)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    assert frontier.release(lease.id, not_before=clock.now + 30, attempt=2)
    assert not frontier.release(lease.id, not_before=clock.now + 30, attempt=3)
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [2]
    clock.now += 29.75
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    clock.now += 0.25
    (again,) = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert (again.target.fingerprint, again.target.attempt, again.target.priority) == (1, 2, 10)
    assert again.id != lease.id


def test_a_failed_target_is_counted_and_gone(frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    assert frontier.fail(lease.id, Reason.PARSER_FAILED)
    assert not frontier.fail(lease.id, Reason.PARSER_FAILED)
    assert counted(frontier) == {("page", "failed", Reason.PARSER_FAILED): 1}
    assert not frontier.has_work()


def test_a_lease_of_a_dead_worker_is_handed_out_again(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n) for n in range(4)])
    frontier.lease("dead", limit=3, per_host=3, sites=SITES)
    clock.now += LEASE_SECONDS - 0.25
    assert frontier.reap() == 0
    clock.now += 0.25
    assert frontier.reap() == 3
    assert frontier.reap() == 0
    assert numbers(frontier.lease("other", limit=9, per_host=9, sites=SITES)) == [0, 1, 2, 3]


def test_what_is_put_back_goes_before_its_equals_and_no_others(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2)])
    frontier.lease("dead", limit=2, per_host=2, sites=SITES)
    frontier.add([target(3), target(4, priority=10)])
    clock.now += LEASE_SECONDS
    frontier.reap()
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [4, 1, 2, 3]


def test_the_id_of_an_expired_lease_does_not_end_that_of_its_successor(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    (stale,) = frontier.lease("slow", limit=1, per_host=1, sites=SITES)
    clock.now += LEASE_SECONDS
    frontier.reap()
    (fresh,) = frontier.lease("other", limit=1, per_host=1, sites=SITES)
    assert frontier.complete([done(stale)]) == 0
    assert not frontier.release(stale.id, not_before=0, attempt=1)
    assert not frontier.fail(stale.id, Reason.TIMEOUT)
    assert frontier.renew("slow", [stale.id]) == [stale.id]
    assert frontier.stats().leased == 1
    assert frontier.complete([done(fresh)]) == 1


def test_an_expired_lease_that_nobody_reaped_can_still_be_completed(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("slow", limit=1, per_host=1, sites=SITES)
    clock.now += LEASE_SECONDS + 1
    assert frontier.complete([done(lease)]) == 1
    assert frontier.reap() == 0


def test_a_renewed_lease_is_not_reaped(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2)])
    kept, left = frontier.lease("w", limit=2, per_host=2, sites=SITES)
    clock.now += LEASE_SECONDS - 1
    assert frontier.renew("w", [kept.id]) == []
    clock.now += 1
    assert frontier.reap() == 1
    assert frontier.renew("w", [kept.id, left.id]) == [left.id]
    clock.now += LEASE_SECONDS
    assert frontier.reap() == 1


def test_only_its_holder_renews_a_lease(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    clock.now += LEASE_SECONDS - 1
    assert frontier.renew("other", [lease.id]) == [lease.id]
    clock.now += 1
    assert frontier.reap() == 1


def test_a_lease_is_not_renewed_beyond_its_greatest_age(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    for _ in range(2):
        clock.now += 50
        assert frontier.renew("w", [lease.id]) == []
    clock.now += MAX_LEASE_AGE - 100.25
    assert frontier.renew("w", [lease.id]) == []
    assert frontier.reap() == 0
    clock.now += 0.25
    assert frontier.renew("w", [lease.id]) == [lease.id]
    assert frontier.reap() == 1


def test_a_target_whose_holders_die_again_and_again_has_failed(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1)])
    for death in range(1, MAX_EXPIRIES + 1):
        (lease,) = frontier.lease(f"worker {death}", limit=1, per_host=1, sites=SITES)
        if death == 2:
            # Giving it back does not make the deaths undone.
            frontier.release(lease.id, not_before=clock.now, attempt=1)
            frontier.lease(f"worker {death}", limit=1, per_host=1, sites=SITES)
        clock.now += LEASE_SECONDS
        assert frontier.reap() == 1
        assert frontier.has_work() == (death < MAX_EXPIRIES)
    assert counted(frontier) == {("page", "failed", Reason.LEASE_EXPIRED): 1}
    assert frontier.add([target(1)]) == 0


def test_more_leases_than_one_step_takes_are_all_reaped_in_order(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n) for n in range(1100)])
    frontier.lease("dead", limit=1100, per_host=1100, sites=SITES)
    clock.now += LEASE_SECONDS
    assert frontier.reap() == 1100
    assert numbers(frontier.lease("w", limit=1100, per_host=1100, sites=SITES)) == list(range(1100))


def test_there_is_work_while_anything_waits_is_due_later_or_is_leased(frontier: Frontier, clock: Hands) -> None:
    assert not frontier.has_work()
    frontier.add([target(1, not_before=clock.now + 10)])
    assert frontier.has_work()
    clock.now += 10
    assert frontier.has_work()
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    assert frontier.has_work()
    frontier.complete([done(lease)])
    assert not frontier.has_work()


@pytest.mark.parametrize("hosts", [1, 7])
def test_the_numbers_add_up(frontier: Frontier, clock: Hands, hosts: int) -> None:
    frontier.add([target(n, f"{n % hosts}.example", not_before=clock.now + n % 2) for n in range(70)])
    leases = frontier.lease("w", limit=12, per_host=12, sites=SITES)
    frontier.complete([done(leases[0], target(100, "new.example"), target(5))])
    frontier.fail(leases[1].id, Reason.NOT_FOUND)
    frontier.release(leases[2].id, not_before=clock.now + 5, attempt=1)
    stats = frontier.stats()
    assert (stats.pending, stats.leased, stats.seen) == (60, 9, 71)
    assert stats.pending + stats.leased + sum(count.count for count in stats.counts) == stats.seen
    assert stats.hosts == hosts + 1


def test_a_store_that_was_closed_keeps_the_leases(store: Store, clock: Hands) -> None:
    frontier = store.open(clock)
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    store.close()
    again = store.open(clock)
    assert again.stats().leased == 1
    assert again.complete([done(lease)]) == 1
