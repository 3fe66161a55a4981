"""What is halted is not handed out, and is no work to wait for."""

import pytest

from crawler.contract.frontier import EVERYTHING, Frontier, Halt
from tests.ports.frontier.stores import SITES, Hands, Store, done, numbers, target


def halt_of(scope: str, reason: str = "a complaint") -> Halt:
    return Halt(scope=scope, kind="stop", by="operations", reason=reason, at=1_700_000_000.0)


@pytest.mark.parametrize("scope", [SITES[0], EVERYTHING])
def test_nothing_of_what_is_halted_is_handed_out_until_it_is_resumed(
    frontier: Frontier, clock: Hands, scope: str
) -> None:
    frontier.add([target(1), target(2)])
    frontier.halt(halt_of(scope))
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    assert frontier.stats().pending == 2
    assert frontier.resume(scope)
    assert not frontier.resume(scope)
    clock.now += 5
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1, 2]


def test_its_holder_is_given_no_more_of_a_halted_site_and_what_it_has_can_end(frontier: Frontier) -> None:
    frontier.add([target(1), target(2)])
    (lease,) = frontier.lease("w", limit=1, per_host=9, sites=SITES)
    frontier.halt(halt_of(SITES[0]))
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []
    assert frontier.complete([done(lease, target(3))]) == 1
    assert frontier.stats().pending == 2


def test_the_other_sites_go_on(frontier: Frontier) -> None:
    frontier.add([target(1), target(2, "b.example", site="other")])
    frontier.halt(halt_of(SITES[0]))
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=[*SITES, "other"])) == [2]


def test_a_halt_of_everything_and_one_of_a_site_are_ended_apart(frontier: Frontier) -> None:
    frontier.add([target(1)])
    frontier.halt(halt_of(SITES[0]))
    frontier.halt(halt_of(EVERYTHING))
    assert {each.scope for each in frontier.halts()} == {SITES[0], EVERYTHING}
    assert frontier.resume(EVERYTHING)
    assert frontier.halts() == [halt_of(SITES[0])]
    assert frontier.lease("w", limit=9, per_host=9, sites=SITES) == []


def test_a_halt_is_told_as_it_was_given_last(store: Store, clock: Hands) -> None:
    frontier = store.open(clock)
    frontier.halt(halt_of("a"))
    frontier.halt(halt_of("a", "another complaint"))
    store.close()
    assert store.open(clock).halts() == [halt_of("a", "another complaint")]


def test_what_is_halted_is_no_work(frontier: Frontier) -> None:
    frontier.add([target(1), target(2, "b.example", site="other")])
    frontier.halt(halt_of(SITES[0]))
    assert frontier.has_work()
    (lease,) = frontier.lease("w", limit=9, per_host=9, sites=[*SITES, "other"])
    frontier.complete([done(lease)])
    assert not frontier.has_work()
    frontier.resume(SITES[0])
    assert frontier.has_work()
    frontier.halt(halt_of(EVERYTHING))
    assert not frontier.has_work()
