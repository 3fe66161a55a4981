"""Hosts that answer at one address are held by one worker together, and rest together."""

from crawler.contract.frontier import Frontier, HostState, Lease
from tests.ports.frontier.stores import ADDRESS_GAP, LEASE_SECONDS, SITES, Hands, done, numbers, target

HERE = "192.0.2.1"
THERE = "2001:db8::1"


def one_each(frontier: Frontier) -> tuple[Lease, Lease]:
    """Two workers with a host each; one more waits at each host."""
    frontier.add([target(1, "a.example"), target(2, "a.example")])
    (ours,) = frontier.lease("ours", limit=1, per_host=1, sites=SITES)
    frontier.add([target(3, "b.example"), target(4, "b.example")])
    (theirs,) = frontier.lease("theirs", limit=1, per_host=1, sites=SITES)
    assert (ours.target.host, theirs.target.host) == ("a.example", "b.example")
    return ours, theirs


def test_the_first_worker_at_an_address_has_it_to_itself(frontier: Frontier, clock: Hands) -> None:
    ours, theirs = one_each(frontier)
    assert frontier.settle("ours", "a.example", HERE)
    assert not frontier.settle("theirs", "b.example", HERE)
    assert frontier.settle("ours", "a.example", HERE)
    assert frontier.lease("theirs", limit=9, per_host=9, sites=SITES) == []
    frontier.release(theirs.id, not_before=clock.now, attempt=0)
    assert frontier.lease("theirs", limit=9, per_host=9, sites=SITES) == []
    # Who holds the address is given all of its hosts.
    clock.now += 1
    assert sorted(numbers(frontier.lease("ours", limit=9, per_host=9, sites=SITES))) == [2, 3, 4]
    assert frontier.complete([done(ours)]) == 1


def test_an_address_rests_after_the_last_lease_of_its_hosts(frontier: Frontier, clock: Hands) -> None:
    ours, theirs = one_each(frontier)
    assert frontier.settle("ours", "a.example", HERE)
    assert not frontier.settle("theirs", "b.example", HERE)
    frontier.complete([done(ours)])
    assert not frontier.settle("theirs", "b.example", HERE)
    frontier.release(theirs.id, not_before=clock.now, attempt=0)
    clock.now += ADDRESS_GAP / 2
    assert frontier.lease("theirs", limit=9, per_host=9, sites=SITES) == []
    clock.now += ADDRESS_GAP / 2
    found = frontier.lease("theirs", limit=9, per_host=9, sites=SITES)
    assert sorted(numbers(found)) == [2, 3, 4]
    # Nobody else has it meanwhile, without anyone settling it again.
    frontier.add([target(5, "c.example")])
    (lease,) = frontier.lease("ours", limit=9, per_host=9, sites=SITES)
    assert not frontier.settle("ours", "c.example", HERE)
    assert frontier.settle("ours", "c.example", THERE)
    frontier.complete([done(lease)])


def test_the_hosts_of_one_worker_share_its_address(frontier: Frontier) -> None:
    frontier.add([target(1, "a.example"), target(2, "b.example")])
    leases = frontier.lease("w", limit=9, per_host=1, sites=SITES)
    assert all(frontier.settle("w", lease.target.host, HERE) for lease in leases)
    frontier.add([target(3, "c.example")])
    (other,) = frontier.lease("other", limit=9, per_host=1, sites=SITES)
    frontier.complete([done(leases[0])])
    assert not frontier.settle("other", "c.example", HERE)
    frontier.complete([done(leases[1])])
    assert not frontier.settle("other", other.target.host, HERE), "it rests"


def test_a_host_that_moved_leaves_its_address_and_needs_the_new_one(frontier: Frontier, clock: Hands) -> None:
    one_each(frontier)
    assert frontier.settle("ours", "a.example", HERE)
    assert frontier.settle("theirs", "b.example", THERE)
    assert not frontier.settle("ours", "a.example", THERE)
    clock.now += ADDRESS_GAP
    assert frontier.settle("theirs", "b.example", HERE)
    assert not frontier.settle("ours", "a.example", THERE), "it was only just left"
    clock.now += ADDRESS_GAP
    assert frontier.settle("ours", "a.example", THERE)


def test_the_address_of_a_dead_worker_is_free_again_once_its_leases_were_reaped(
    frontier: Frontier, clock: Hands
) -> None:
    one_each(frontier)
    assert frontier.settle("ours", "a.example", HERE)
    clock.now += LEASE_SECONDS
    assert not frontier.settle("theirs", "b.example", HERE)
    frontier.reap()
    clock.now += ADDRESS_GAP
    assert frontier.settle("theirs", "b.example", HERE)
    assert len(frontier.lease("another", limit=9, per_host=1, sites=SITES)) == 2


def test_somebody_elses_host_cannot_be_settled_for_oneself(frontier: Frontier) -> None:
    one_each(frontier)
    assert not frontier.settle("theirs", "a.example", HERE)
    assert frontier.settle("theirs", "b.example", HERE)


def test_a_host_that_nothing_is_known_of_is_not_kept(frontier: Frontier) -> None:
    assert frontier.settle("w", "new.example", HERE)
    assert frontier.host_states(limit=9) == []


def test_many_hosts_at_an_address_that_is_taken_hold_nobody_up(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(n, f"{n}.example") for n in range(1500)])
    for lease in frontier.lease("first", limit=1500, per_host=1, sites=SITES):
        frontier.settle("first", lease.target.host, HERE)
        if lease.target.fingerprint:
            frontier.release(lease.id, not_before=clock.now, attempt=0)
    frontier.add([target(9000, "elsewhere.example")])
    found = [lease for _ in range(3) for lease in frontier.lease("second", limit=9, per_host=1, sites=SITES)]
    assert numbers(found) == [9000]


def test_hosts_are_told_with_what_is_known_of_them_those_with_most_to_do_first(
    frontier: Frontier, clock: Hands
) -> None:
    frontier.add([target(1, "a.example", gap=2), target(2, "a.example"), target(3, "a.example")])
    frontier.add([target(4, "b.example"), target(5, "b.example", not_before=clock.now + 9), target(6, "c.example")])
    leases = frontier.lease("w", limit=3, per_host=1, sites=SITES)
    frontier.settle("w", "a.example", HERE)
    frontier.complete([done(next(lease for lease in leases if lease.target.host == "c.example"))])
    first, second = frontier.host_states(limit=9)
    assert first.next_at <= clock.now
    assert (first.host, first.pending, first.leased, first.holder, first.address) == ("a.example", 2, 1, "w", HERE)
    assert (second.host, second.pending, second.leased, second.holder, second.address) == (
        "b.example",
        1,
        1,
        "w",
        None,
    )
    frontier.complete([done(next(lease for lease in leases if lease.target.host == "a.example"))])
    frontier.defer_host("b.example", clock.now + 100)
    assert frontier.host_states(limit=1) == [
        HostState(host="a.example", pending=2, leased=0, holder=None, next_at=clock.now + 2, address=HERE)
    ]
    assert frontier.host_states(limit=2)[1].next_at == clock.now + 100


def test_an_address_is_forgotten_with_the_last_target_of_its_host(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    frontier.settle("w", "a.example", HERE)
    frontier.complete([done(lease)])
    clock.now += ADDRESS_GAP
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    (state,) = frontier.host_states(limit=1)
    assert state.address == HERE
    frontier.complete([done(lease)])
    frontier.add([target(3)])
    (state,) = frontier.host_states(limit=1)
    assert state.address is None
