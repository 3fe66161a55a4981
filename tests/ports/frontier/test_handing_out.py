"""What goes in and comes out of a frontier, and in which order."""

import time

from crawler.contract.frontier import Frontier, Target
from tests.ports.frontier.stores import SITES, Hands, Store, done, numbers, target


def test_a_target_is_accepted_once(frontier: Frontier) -> None:
    assert frontier.add([target(1), target(2), target(1)]) == 2
    assert frontier.add([target(2), target(3)]) == 1
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1, 2, 3]


def test_a_target_that_was_fetched_is_not_accepted_again(frontier: Frontier) -> None:
    frontier.add([target(1)])
    frontier.complete([done(lease) for lease in frontier.lease("w", limit=1, per_host=1, sites=SITES)])
    assert frontier.add([target(1)]) == 0
    assert not frontier.has_work()


def test_fingerprints_are_told_apart_to_the_last_bit(frontier: Frontier) -> None:
    close = [2**63 - 1, 2**63 - 2, 2**62 + 1, 2**62, 2**53 + 1, 2**53, 0, -1, -(2**53), -(2**53) - 1, -(2**63)]
    assert frontier.add([target(n) for n in close]) == len(close)
    assert frontier.add([target(n) for n in close]) == 0
    assert numbers(frontier.lease("w", limit=99, per_host=99, sites=SITES)) == close


def test_a_forced_target_is_accepted_while_it_waits_and_after_it_was_fetched(frontier: Frontier) -> None:
    frontier.add([target(1)])
    assert frontier.add([target(1, force=True), target(1, force=True)]) == 2
    leases = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert numbers(leases) == [1, 1, 1]
    frontier.complete([done(lease) for lease in leases])
    assert frontier.add([target(1, force=True)]) == 1
    assert frontier.add([target(1)]) == 0


def test_what_comes_out_is_what_went_in(frontier: Frontier, clock: Hands) -> None:
    chain = ("https://other.example/?q=é", "https://a.example:8443/a/1", "https://a.example:8443/a/2")
    whole = Target(
        fingerprint=-42,
        url="http://a.example:8443/a/22.jpg",
        host="a.example:8443",
        site="søgning/1",
        kind="picture",
        priority=7,
        gap=0.1,
        depth=3,
        chain=chain,
        report_id="r-1",
        hops=2,
        force=True,
        not_before=clock.now - 1,
        attempt=4,
    )
    bare = Target(fingerprint=1, url="https://b.example/", host="b.example", site="b", kind="page")
    frontier.add([whole, bare])
    found = {
        lease.target.host: lease.target
        for lease in frontier.lease("w", limit=9, per_host=9, sites=[whole.site, bare.site])
    }
    assert found == {whole.host: whole, bare.host: bare}


def test_within_a_host_the_lowest_priority_comes_first_and_then_the_oldest(frontier: Frontier) -> None:
    frontier.add([target(1, priority=20), target(2, priority=10), target(3, priority=1000)])
    frontier.add([target(4, priority=20), target(5, priority=10), target(6, priority=0), target(7, priority=100)])
    assert numbers(frontier.lease("w", limit=3, per_host=99, sites=SITES)) == [6, 2, 5]
    assert numbers(frontier.lease("w", limit=99, per_host=99, sites=SITES)) == [1, 4, 7, 3]


def test_a_limit_is_kept(frontier: Frontier) -> None:
    frontier.add([target(n, f"{n}.example") for n in range(10)])
    assert frontier.lease("w", limit=0, per_host=1, sites=SITES) == []
    assert len(frontier.lease("w", limit=4, per_host=1, sites=SITES)) == 4
    assert len(frontier.lease("w", limit=99, per_host=1, sites=SITES)) == 6


def test_many_hosts_are_asked_before_one_is_asked_much(frontier: Frontier) -> None:
    frontier.add([target(n, f"{n % 5}.example") for n in range(50)])
    leases = frontier.lease("w", limit=10, per_host=8, sites=SITES)
    assert sorted(lease.target.host for lease in leases) == sorted([f"{n}.example" for n in range(5)] * 2)


def test_a_host_with_little_leaves_its_share_to_the_others(frontier: Frontier) -> None:
    frontier.add([target(1, "small.example"), *(target(n, "large.example") for n in range(2, 20))])
    assert len(frontier.lease("w", limit=10, per_host=20, sites=SITES)) == 10


def test_hosts_without_anything_to_ask_use_up_no_limit(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n, f"{n}.example", gap=1) for n in range(200)])
    leases = frontier.lease("w", limit=200, per_host=1, sites=SITES)
    frontier.complete([done(lease) for lease in leases])
    frontier.add([target(1000, "last.example"), target(1001, "later.example", not_before=clock.now + 100)])
    clock.now += 10
    assert numbers(frontier.lease("w", limit=1, per_host=1, sites=SITES)) == [1000]
    assert frontier.stats().hosts == 2


def test_a_target_waits_for_its_time_and_holds_nobody_up(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1, not_before=clock.now + 5, priority=0), target(2)])
    leases = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert numbers(leases) == [2]
    frontier.complete([done(lease) for lease in leases])
    clock.now += 4.75
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    assert frontier.has_work()
    clock.now += 0.25
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1]


def test_a_target_that_became_due_goes_behind_what_has_waited_longer(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2, not_before=clock.now + 5), target(3, not_before=clock.now + 3)])
    clock.now += 10
    frontier.add([target(4)])
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1, 3, 2, 4]


def test_what_has_become_due_goes_before_children_that_come_later(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2, not_before=clock.now + 5)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    clock.now += 5
    frontier.complete([done(lease, target(3))])
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [2, 3]


def test_a_thousand_that_become_due_at_once_are_all_handed_out(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n, not_before=clock.now + 1) for n in range(2500)])
    clock.now += 1
    found: set[int] = set()
    for _ in range(3):
        found.update(numbers(frontier.lease("w", limit=2500, per_host=2500, sites=SITES)))
    assert found == set(range(2500))


def test_two_that_open_the_same_store_see_the_same(store: Store, clock: Hands) -> None:
    one, other = store.open(clock), store.open(clock)
    one.add([target(1), target(2)])
    assert other.add([target(2)]) == 0
    (lease,) = other.lease("w", limit=1, per_host=1, sites=SITES)
    assert one.stats() == other.stats()
    one.complete([done(lease)])
    store.close()
    again = store.open(clock)
    assert numbers(again.lease("w", limit=9, per_host=9, sites=SITES)) == [2]


def test_without_a_clock_it_goes_by_the_time_of_day(store: Store) -> None:
    frontier = store.open()
    before = time.time()
    frontier.add([target(1), target(2, not_before=before + 1000)])
    (lease,) = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert before + 60 <= lease.expires_at <= time.time() + 60


def test_of_other_sites_nothing_is_handed_out(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n, f"{n}.example", site="closed") for n in range(50)])
    frontier.add([target(50, "open.example", site="open")])
    assert frontier.lease("w", limit=9, per_host=9, sites=[]) == []
    clock.now += 5
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=["open"])) == [50]
    clock.now += 5
    assert len(frontier.lease("w", limit=99, per_host=9, sites=["open", "closed"])) == 50


def test_a_host_of_several_sites_gives_what_stands_before_the_first_closed_one(
    frontier: Frontier, clock: Hands
) -> None:
    frontier.add([target(1, site="open"), target(2, site="closed"), target(3, site="open")])
    leases = frontier.lease("w", limit=9, per_host=9, sites=["open"])
    assert numbers(leases) == [1]
    assert frontier.lease("w", limit=9, per_host=9, sites=["open"]) == []
    frontier.complete([done(lease) for lease in leases])
    assert frontier.lease("w", limit=9, per_host=9, sites=["open"]) == []
    clock.now += 5
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=["closed", "open"])) == [2, 3]


def test_a_host_whose_first_target_is_of_a_closed_site_gives_those_of_other_priorities(
    frontier: Frontier, clock: Hands
) -> None:
    frontier.add([target(1, site="renamed", priority=10), target(2, site="open", priority=10)])
    frontier.add([target(3, site="open"), target(4, site="renamed"), target(5, site="open", priority=30)])
    assert numbers(frontier.lease("w", limit=1, per_host=9, sites=["open"])) == [3]
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=["open"])) == [5]
    assert frontier.lease("w", limit=9, per_host=9, sites=["open"]) == []
    clock.now += 5
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=["open", "renamed"])) == [1, 2, 4]


def test_more_closed_hosts_than_are_looked_at_in_one_call_hold_up_the_others_for_a_moment_only(
    frontier: Frontier,
) -> None:
    frontier.add([target(n, f"{n}.example", site="closed") for n in range(2500)])
    frontier.add([target(9000, "open.example", site="open")])
    found = [lease for _ in range(3) for lease in frontier.lease("w", limit=20, per_host=1, sites=["open"])]
    assert numbers(found) == [9000]
