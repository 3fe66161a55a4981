"""Whatever is done to a frontier, in whatever order: it does what the model does."""

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from crawler.contract.frontier import Completion, Outcome, Target
from crawler.contract.reasons import Reason
from tests.ports.frontier.model import Model
from tests.ports.frontier.stores import LEASE_SECONDS, Hands, Store, table
from tests.services.redis import RedisServer

HOSTS = st.sampled_from(["a.example", "a.example", "b.example:8080"])
WORKERS = st.sampled_from(["one", "two"])
# Quarters: sums of them are exact, so that a moment too early is a mistake and no rounding.
SECONDS = st.sampled_from([-1.0, 0.0, 0.25, 0.25, 1.0, 2.0, 2.0, 30.0])
GAPS = st.sampled_from([0.0, 0.0, 0.25, 2.0])
OUTCOMES = st.builds(
    Outcome,
    kind=st.just("fetched"),
    found=st.sampled_from([None, "page", "picture"]),
    links=st.dictionaries(st.sampled_from([Reason.TOO_DEEP, Reason.ACTING_LINK]), st.integers(1, 5)),
)


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Target, float | None]:
    """A target, and how far from now it is due."""
    number = draw(st.integers(0, 60))
    host = draw(HOSTS)
    target = Target(
        fingerprint=number * 2**57 - 2**62,
        url=f"https://{host}/{number}",
        host=host,
        site="s/ite",
        kind=draw(st.sampled_from(["page", "picture"])),
        priority=draw(st.sampled_from([10, 20, 20])),
        gap=draw(GAPS),
        force=draw(st.sampled_from([False, False, False, True])),
    )
    return target, draw(st.sampled_from([None, None, None, 0.25, 2.0, 30.0]))


BATCHES = st.lists(drafts(), max_size=4)


class FrontierMachine(RuleBasedStateMachine):
    """One run: a frontier and a model that are told the same."""

    redis_url: str | None
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Hands()
        self.store = Store(table(self.redis_url), Path(self.folder.name))
        self.frontier = self.store.open(self.clock)
        self.model = Model()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(batch=st.lists(drafts(), min_size=8, max_size=12))
    def begin(self, batch: list[tuple[Target, float | None]]) -> None:
        self.add(batch)

    @rule(batch=BATCHES)
    def add(self, batch: list[tuple[Target, float | None]]) -> None:
        targets = self.dated(batch)
        assert self.frontier.add(targets) == self.model.add(targets, self.clock.now)

    @rule(target=leases, worker=WORKERS, limit=st.sampled_from([0, 1, 2, 6]), per_host=st.sampled_from([1, 3]))
    def leases_are_asked_for(self, worker: str, limit: int, per_host: int) -> object:
        return self.lease(worker, limit, per_host)

    def lease(self, worker: str, limit: int, per_host: int) -> object:
        found = self.frontier.lease(worker, limit=limit, per_host=per_host, sites=["s/ite"])
        self.model.check_leased(worker, found, limit, per_host, self.clock.now)
        return multiple(*(lease.id for lease in found))

    @rule(ids=st.lists(leases, min_size=1, max_size=3), batch=BATCHES, outcome=OUTCOMES)
    def complete(self, ids: list[str], batch: list[tuple[Target, float | None]], outcome: Outcome) -> None:
        children = tuple(self.dated(batch))
        completions = [Completion(lease_id=lease_id, outcome=outcome, children=children) for lease_id in ids]
        assert self.frontier.complete(completions) == self.model.complete(completions, self.clock.now)

    @rule(lease_id=leases, later=SECONDS, attempt=st.integers(0, 5))
    def release(self, lease_id: str, later: float, attempt: int) -> None:
        until = self.clock.now + later
        released = self.frontier.release(lease_id, not_before=until, attempt=attempt)
        assert released == self.model.release(lease_id, until, attempt, self.clock.now)

    @rule(lease_id=consumes(leases))
    def fail(self, lease_id: str) -> None:
        completion = Completion(lease_id=lease_id, outcome=Outcome(kind="failed", reason=Reason.TIMEOUT))
        expected = self.model.complete([completion], self.clock.now) == 1
        assert self.frontier.fail(lease_id, Reason.TIMEOUT) == expected

    @rule(worker=WORKERS, ids=st.lists(leases, max_size=4))
    def renew(self, worker: str, ids: list[str]) -> None:
        assert list(self.frontier.renew(worker, ids)) == self.model.renew(worker, ids, self.clock.now)

    @rule()
    def reap(self) -> None:
        assert self.frontier.reap() == self.model.reap(self.clock.now)

    @rule()
    def all_workers_die(self) -> None:
        self.clock.now += LEASE_SECONDS
        self.reap()

    @rule(target=leases, worker=WORKERS)
    def all_that_is_due_is_leased(self, worker: str) -> object:
        self.clock.now += 2
        return self.lease(worker, 99, 99)

    @rule(host=HOSTS, later=SECONDS)
    def defer_host(self, host: str, later: float) -> None:
        self.frontier.defer_host(host, self.clock.now + later)
        self.model.defer_host(host, self.clock.now + later)

    @rule(
        target=leases,
        seconds=st.sampled_from([0.25, 1.0, 2.0, 30.0]),
        worker=WORKERS,
        limit=st.sampled_from([1, 2, 6]),
        per_host=st.sampled_from([1, 3]),
    )
    def time_passes(self, seconds: float, worker: str, limit: int, per_host: int) -> object:
        self.clock.now += seconds
        return self.lease(worker, limit, per_host)

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.frontier = self.store.open(self.clock)

    @invariant()
    def the_numbers_agree(self) -> None:
        stats = self.frontier.stats()
        assert stats.leased == self.model.leased()
        assert stats.pending + stats.leased == len(self.model.items)
        assert stats.hosts == self.model.hosts()
        assert stats.seen == self.model.accepted
        assert {(c.kind, c.outcome, c.reason): c.count for c in stats.counts} == self.model.counts
        assert {count.site for count in stats.counts} <= {"s/ite"}
        assert self.frontier.has_work() == bool(self.model.items)

    def dated(self, batch: list[tuple[Target, float | None]]) -> list[Target]:
        return [
            target if later is None else msgspec.structs.replace(target, not_before=self.clock.now + later)
            for target, later in batch
        ]


@pytest.mark.timeout(900)  # making a failure small takes minutes; a run without one takes seconds
@pytest.mark.parametrize("kind", ["embedded", "redis"])
def test_a_frontier_does_what_the_model_does(kind: str, request: pytest.FixtureRequest) -> None:
    server: RedisServer | None = request.getfixturevalue("redis_server") if kind == "redis" else None

    class Machine(FrontierMachine):
        redis_url = None if server is None else server.url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
