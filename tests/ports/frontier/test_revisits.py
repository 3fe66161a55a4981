"""Revisits wait apart, until they are due and somebody schedules them."""

import threading
from functools import partial

import msgspec

from crawler.contract.frontier import Again, Completion, Frontier, Lease, Outcome, Target, Visit
from crawler.contract.reasons import Reason
from tests.ports.frontier.stores import SITES, Hands, Store, numbers, target
from tests.ports.frontier.test_reports import report


def again(number: int, due: float, *, site: str = SITES[0], later: float = 100) -> Again:
    """Due at once when the visit was fruitful, `later` when not."""
    return Again(fruitful=revisit(number, due, site), fruitless=revisit(number, due + later, site))


def revisit(number: int, due: float, site: str, report_id: str | None = None) -> Target:
    made = target(number, force=True, not_before=due, site=site, report_id=report_id, priority=30)
    return msgspec.structs.replace(made, visit=Visit(interval=due))


def visit(frontier: Frontier, number: int = 1) -> Lease:
    frontier.add([target(number)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    return lease


def end(lease: Lease, again: Again, *children: Target) -> Completion:
    return Completion(lease_id=lease.id, outcome=Outcome(kind="fetched"), children=children, again=again)


def schedule(frontier: Frontier, limit: int = 99) -> int:
    return frontier.schedule_revisits(sites=SITES, limit=limit)


def test_a_visit_that_showed_something_new_is_repeated_sooner(frontier: Frontier, clock: Hands) -> None:
    lease = visit(frontier)
    frontier.complete([end(lease, again(1, clock.now + 10), target(1, force=True), target(2))])
    clock.now += 10
    assert schedule(frontier) == 1


def test_what_was_seen_before_is_nothing_new_even_if_it_is_forced(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(2, "b.example", site="other")])
    lease = visit(frontier)
    frontier.complete([end(lease, again(1, clock.now + 10), target(2), target(1, force=True))])
    clock.now += 109.75
    assert schedule(frontier) == 0
    clock.now += 0.25
    assert schedule(frontier) == 1


def test_what_is_new_but_beyond_the_budget_is_something_new(frontier: Frontier, clock: Hands) -> None:
    frontier.set_budget(SITES[0], pages=1)
    lease = visit(frontier)
    frontier.complete([end(lease, again(1, clock.now), target(2))])
    assert schedule(frontier) == 1


def test_it_is_neither_pending_nor_work_until_it_is_scheduled(frontier: Frontier, clock: Hands) -> None:
    lease = visit(frontier)
    frontier.complete([end(lease, again(1, clock.now), target(2))])
    (other,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    frontier.complete([Completion(lease_id=other.id, outcome=Outcome(kind="fetched"))])
    assert not frontier.has_work()
    assert (frontier.stats().pending, frontier.stats().revisits, frontier.stats().seen) == (0, 1, 2)
    assert schedule(frontier) == 1
    assert (frontier.stats().pending, frontier.stats().revisits, frontier.stats().seen) == (1, 0, 3)
    assert frontier.has_work()
    (coverage,) = frontier.coverage()
    assert (coverage.known, coverage.pending, coverage.lost) == (3, 1, 0)
    (found,) = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert found.target == again(1, clock.now).fruitful


def test_they_do_not_use_up_the_budget_of_what_is_new(frontier: Frontier, clock: Hands) -> None:
    lease = visit(frontier)
    frontier.complete([end(lease, again(1, clock.now), target(2))])
    frontier.set_budget(SITES[0], pages=3)
    assert schedule(frontier) == 1
    assert frontier.add([target(3), target(4)]) == 1


def test_only_the_completion_that_ends_its_lease_keeps_one(frontier: Frontier, clock: Hands) -> None:
    lease = visit(frontier)
    frontier.fail(lease.id, Reason.TIMEOUT)
    frontier.complete([end(lease, again(1, clock.now), target(2))])
    assert frontier.stats().revisits == 0


def test_a_newer_one_takes_the_place_of_the_older_even_of_another_site(frontier: Frontier, clock: Hands) -> None:
    for site, due in ((SITES[0], 10.0), ("other", 20.0), (SITES[0], 30.0)):
        frontier.add([target(1, force=True)])
        (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
        frontier.complete([end(lease, again(1, clock.now + due, site=site, later=0))])
        assert frontier.stats().revisits == 1
    clock.now += 29
    assert frontier.schedule_revisits(sites=[*SITES, "other"], limit=9) == 0
    clock.now += 1
    assert frontier.schedule_revisits(sites=[*SITES, "other"], limit=9) == 1


def test_those_of_the_sites_named_are_scheduled_oldest_first(frontier: Frontier, clock: Hands) -> None:
    dues = {1: 30.0, 2: 10.0, 3: 20.0, 4: 5.0, 5: 99.0}
    for number, due in dues.items():
        lease = visit(frontier, number)
        site = "other" if number == 4 else SITES[0]
        frontier.complete([end(lease, again(number, clock.now + due, site=site, later=0))])
    clock.now += 50
    assert schedule(frontier, 0) == 0
    assert schedule(frontier, 2) == 2
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [2, 3]
    assert schedule(frontier) == 1
    assert frontier.stats().revisits == 2


def test_however_many_schedule_at_a_time_each_is_queued_once(store: Store) -> None:
    frontier = store.open()
    frontier.add([target(n, f"{n % 9}.example") for n in range(300)])
    leases = frontier.lease("w", limit=300, per_host=300, sites=SITES)
    frontier.complete([end(lease, again(lease.target.fingerprint, 1.0, later=0)) for lease in leases])
    queued: list[int] = []
    openings = [store.open() for _ in range(4)]

    def work(each: Frontier) -> None:
        queued.append(schedule(each, 250))

    threads = [threading.Thread(target=partial(work, each)) for each in openings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(queued) == 300
    assert (frontier.stats().pending, frontier.stats().revisits) == (300, 0)


def test_a_revisit_of_a_reports_target_is_one_more_item_of_it_beyond_any_budget(
    frontier: Frontier, clock: Hands
) -> None:
    frontier.open_report(report(), items=1)
    frontier.add([target(1, report_id="r-1")])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    both = revisit(1, clock.now, SITES[0], "r-1")
    frontier.complete([end(lease, Again(fruitful=both, fruitless=both))])
    assert schedule(frontier) == 1
    assert [item.outcome for item in frontier.derived_items("r-1")] == ["fetched", "pending"]
    coverage = frontier.report_coverage("r-1")
    assert coverage is not None
    assert (coverage.known, coverage.pending, coverage.lost) == (2, 1, 0)
