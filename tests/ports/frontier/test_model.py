"""Whatever is done to a frontier, in whatever order: it does what the model does."""

import tempfile
from datetime import UTC, datetime
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

from crawler.contract.frontier import (
    EVERYTHING,
    Again,
    Completion,
    Coverage,
    Halt,
    Outcome,
    Target,
    Visit,
)
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from tests.ports.frontier.model import Model
from tests.ports.frontier.stores import LEASE_SECONDS, Hands, Store, table
from tests.services.redis import RedisServer

HOST_NAMES = ("a.example", "a.example", "b.example:8080", "c.example")
HOSTS = st.sampled_from(HOST_NAMES)
WORKERS = st.sampled_from(["one", "two"])
# Quarters: sums of them are exact, so that a moment too early is a mistake and no rounding.
SECONDS = st.sampled_from([-1.0, 0.0, 0.25, 0.25, 1.0, 2.0, 2.0, 30.0])
GAPS = st.sampled_from([0.0, 0.0, 0.25, 2.0])
SITES = ("s/ite", "other")
NAMED = st.sampled_from([SITES, SITES, SITES, SITES[:1], ()])
REPORT = Report(id="r-1", source="public", received_at=datetime(2026, 1, 1, tzinfo=UTC))
REPORT_ITEMS = 9
OUTCOMES = st.builds(
    Outcome,
    kind=st.just("fetched"),
    found=st.sampled_from([None, "page", "picture", "archive"]),
    links=st.dictionaries(st.sampled_from([Reason.TOO_DEEP, Reason.ACTING_LINK]), st.integers(1, 5), max_size=1),
    inside=st.dictionaries(st.sampled_from([None, Reason.EMPTY, Reason.UNDECODABLE]), st.integers(1, 5), max_size=2),
)


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Target, float | None]:
    """A target, and how far from now it is due."""
    number = draw(st.integers(0, 60))
    host = draw(HOSTS)
    site = SITES[host == "b.example:8080"] if draw(st.integers(0, 7)) else "other"
    report_id = draw(st.sampled_from([None, None, None, REPORT.id]))
    target = Target(
        fingerprint=number * 2**57 - 2**62,
        url=f"https://{host}/{number}",
        host=host,
        site=site,
        kind=draw(st.sampled_from(["page", "picture"])),
        priority=draw(st.sampled_from([10, 20, 20])),
        gap=draw(GAPS),
        force=draw(st.sampled_from([False, False, False, True])),
        report_id=report_id,
        sealed_address=None if report_id is None else "sealed" * 20,
    )
    return target, draw(st.sampled_from([None, None, None, 0.25, 2.0, 30.0]))


BATCHES = st.lists(drafts(), max_size=4)
DRAFTS = drafts()


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
        self.visits = 0
        self.frontier.open_report(REPORT, items=REPORT_ITEMS)
        self.model.budgets[REPORT.id, "items"] = REPORT_ITEMS

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(batch=st.lists(drafts(), min_size=8, max_size=12))
    def begin(self, batch: list[tuple[Target, float | None]]) -> None:
        self.add(batch)

    @rule(batch=BATCHES)
    def add(self, batch: list[tuple[Target, float | None]]) -> None:
        targets = self.dated(batch)
        assert self.frontier.add(targets) == self.model.add(targets, self.clock.now)[0]

    @rule(
        target=leases,
        worker=WORKERS,
        limit=st.sampled_from([0, 1, 2, 6]),
        per_host=st.sampled_from([1, 3]),
        sites=NAMED,
    )
    def leases_are_asked_for(self, worker: str, limit: int, per_host: int, sites: tuple[str, ...]) -> object:
        return self.lease(worker, limit, per_host, sites)

    def lease(self, worker: str, limit: int, per_host: int, sites: tuple[str, ...] = SITES) -> object:
        found = self.frontier.lease(worker, limit=limit, per_host=per_host, sites=sites)
        self.model.check_leased(worker, found, sites, limit, per_host, self.clock.now)
        return multiple(*(lease.id for lease in found))

    @rule(ids=st.lists(leases, min_size=1, max_size=3), batch=BATCHES, outcome=OUTCOMES, again=st.none() | DRAFTS)
    def complete(
        self,
        ids: list[str],
        batch: list[tuple[Target, float | None]],
        outcome: Outcome,
        again: tuple[Target, float | None] | None,
    ) -> None:
        children = tuple(self.dated(batch))
        revisits = None if again is None else Again(fruitful=self.revisit(again[0]), fruitless=self.revisit(again[0]))
        completions = [
            Completion(lease_id=lease_id, outcome=outcome, children=children, again=revisits) for lease_id in ids
        ]
        assert self.frontier.complete(completions) == self.model.complete(completions, self.clock.now)

    @rule(sites=NAMED)
    def revisits_are_scheduled(self, sites: tuple[str, ...]) -> None:
        self.clock.now += 5
        queued = self.frontier.schedule_revisits(sites=sites, limit=99)
        assert queued == self.model.schedule_revisits(sites, self.clock.now)

    @rule(worker=WORKERS, host=HOSTS, address=st.sampled_from(["192.0.2.1", "192.0.2.1", "192.0.2.2"]))
    def settle(self, worker: str, host: str, address: str) -> None:
        settled = self.frontier.settle(worker, host, address)
        assert settled == self.model.settle(worker, host, address, self.clock.now)

    @rule(host=HOSTS, address=st.sampled_from(["192.0.2.1", "192.0.2.1", "192.0.2.2"]))
    def its_holder_settles(self, host: str, address: str) -> None:
        self.settle(self.model.holder(host) or "one", host, address)

    @rule(scope=st.sampled_from([*SITES, EVERYTHING]))
    def halt_or_resume(self, scope: str) -> None:
        if scope in self.model.halted:
            self.model.halted.remove(scope)
            assert self.frontier.resume(scope)
        else:
            self.model.halted.add(scope)
            self.frontier.halt(Halt(scope=scope, kind="pause", by="a test", reason="to see", at=self.clock.now))
        assert {each.scope for each in self.frontier.halts()} == self.model.halted

    @rule(site=st.sampled_from(SITES), pages=st.sampled_from([None, 2, 9]), pictures=st.sampled_from([None, 0, 9]))
    def set_budget(self, site: str, pages: int | None, pictures: int | None) -> None:
        self.frontier.set_budget(site, pages=pages, pictures=pictures)
        self.model.budgets[site, "page"] = 10**9 if pages is None else pages
        self.model.budgets[site, "picture"] = 10**9 if pictures is None else pictures

    @rule(site=st.sampled_from(SITES), behind=st.sampled_from([0, 0, 1]), batch=BATCHES)
    def begin_round(self, site: str, behind: int, batch: list[tuple[Target, float | None]]) -> None:
        after = max(0, self.model.rounds[site] - behind)
        seeds = self.dated(batch)
        begun = self.frontier.begin_round(site, after=after, interval=60.0, seeds=seeds)
        assert begun == self.model.begin_round(site, after, seeds, self.clock.now)

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
        assert stats.leased == sum(self.model.leased("", site) for site in SITES)
        assert stats.pending + stats.leased == len(self.model.items)
        assert stats.hosts == self.model.hosts()
        assert stats.seen == sum(self.model.known["", site] for site in SITES)
        assert stats.revisits == len(self.model.revisits)
        assert self.frontier.has_work() == self.model.has_work()
        for coverage in self.frontier.coverage():
            self.agrees(coverage, "", coverage.scope)
        of_report = self.frontier.report_coverage(REPORT.id)
        assert of_report is not None
        self.agrees(of_report, REPORT.id, "")
        items = [(item.fingerprint, item.outcome) for item in self.frontier.derived_items(REPORT.id)]
        assert items == self.model.derived

    @invariant()
    def the_rounds_agree(self) -> None:
        for each in self.frontier.rounds():
            taken = [self.model.taken[each.site, kind] for kind in ("page", "picture")]
            assert (each.number, [each.pages, each.pictures]) == (self.model.rounds[each.site], taken)
            assert each.open == self.model.pending("", each.site) + self.model.leased("", each.site)

    def agrees(self, coverage: Coverage, report: str, site: str) -> None:
        assert coverage.lost == 0
        assert coverage.known == self.model.known[report, site]
        assert coverage.pending == self.model.pending(report, site)
        assert coverage.leased == self.model.leased(report, site)
        expected = {
            (of_site, *rest): count
            for (of_report, of_site, *rest), count in self.model.counts.items()
            if count and of_report == report and (report or of_site == site)
        }
        assert {(c.site, c.kind, c.outcome, c.reason): c.count for c in coverage.counts} == expected

    def revisit(self, target: Target) -> Target:
        """A later visit; no two are due at the same moment, so that it is clear which one comes first."""
        self.visits += 1
        due = self.clock.now + self.visits % 3 * 4 + self.visits * 2**-16
        return msgspec.structs.replace(target, force=True, not_before=due, visit=Visit(interval=4.0))

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
            max_examples=70, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
