"""Several crawler processes on a Redis that dies, moves, or is cut off: nothing is lost, doubled or stuck.

What a failover to a replica can lose is written down here too: replication is asynchronous, so what Redis answered
in the last moments of a primary that dies may be unknown to its replica, whose data is that of a moment before. Work
is not lost by that but done again: a target that was ended in those moments is under way or pending for the replica,
and its links are found again. What people say is not found again by itself: halts, resumptions, reports and rounds are
acknowledged once a connected replica has them; where none confirms them in time they may be gone with the primary, and
so may addresses added. Saying it again is safe. The same goes for a power failure with `appendfsync everysec`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.context import SpawnProcess
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import Frontier, Halt
from crawler.contract.reports import Report
from tests.ports.frontier.enduring import endure, first_page
from tests.ports.frontier.stores import SITES, Store, done, numbers, table, target
from tests.ports.frontier.workers import children_of, running
from tests.services.redis import RedisServer
from tests.services.redis_forwarder import Forwarder

PAGES = 4_000
WORKERS = 3
LEASE_SECONDS = 2.0
PATIENCE = 45.0
HALT = Halt(scope=SITES[0], kind="stop", by="tests", reason="a failover", at=1_700_000_000)
REPORT = Report(id="R1", source="public", received_at=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """One that tests may kill; they leave it running."""
    with RedisServer() as own:
        yield own


@pytest.fixture
def wire(server: RedisServer) -> Iterator[Forwarder]:
    """The crawlers' way to it, which a test may cut."""
    with Forwarder(server.port) as forwarder:
        yield forwarder


@pytest.fixture
def store(wire: Forwarder, tmp_path: Path) -> Iterator[Store]:
    yield from store_at(wire.port, tmp_path)


def store_at(port: int, state: Path, *, answers_within: float = 0.5) -> Iterator[Store]:
    made = Store(table(f"redis://127.0.0.1:{port}/0?socket_timeout={answers_within}"), state)
    yield made
    made.close()


@contextmanager
def crawling(store: Store) -> Iterator[Sequence[SpawnProcess]]:
    """Workers that crawl the tree, each in a process of its own."""
    enduring = store.with_settings(lease_seconds=LEASE_SECONDS, max_expiries=1000)
    with ExitStack() as stack:
        yield [stack.enter_context(running(endure, enduring, f"w{n}", PAGES)) for n in range(WORKERS)]


def wait_until_ended(frontier: Frontier, pages: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while ended_so_far(frontier) < pages:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert ended_so_far(frontier) < PAGES, "the workers were done before the test did anything to them"


def ended_so_far(frontier: Frontier) -> int:
    return sum(count.count for count in frontier.stats().counts)


def assert_all_done_once(frontier: Frontier, workers: Sequence[SpawnProcess]) -> None:
    """Nothing stuck: all workers found their end. Nothing lost or doubled: each page was counted once."""
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.join(max(0, deadline - time.monotonic()))
    assert [worker.exitcode for worker in workers] == [0] * WORKERS
    stats = frontier.stats()
    assert (stats.seen, stats.pending, stats.leased) == (PAGES, 0, 0)
    assert ended_so_far(frontier) == PAGES
    (coverage,) = frontier.coverage()
    assert (coverage.known, coverage.ended, coverage.lost) == (PAGES, PAGES, 0)


def test_a_redis_that_is_killed_and_restarted_under_several_processes_loses_nothing(
    server: RedisServer, store: Store
) -> None:
    frontier = store.open()
    frontier.add([first_page()])
    with crawling(store) as workers:
        for pages in (300, 1_500):
            wait_until_ended(frontier, pages)
            server.kill()
            server.start()
        wait_until_ended(frontier, 2_500)
        server.stop()
        server.start()
        assert_all_done_once(frontier, workers)


def test_a_wire_that_is_cut_again_and_again_loses_and_doubles_nothing(wire: Forwarder, store: Store) -> None:
    frontier = store.open()
    frontier.add([first_page()])
    with crawling(store) as workers:
        for pages in range(500, 2_500, 500):
            wait_until_ended(frontier, pages)
            wire.drop()
            wire.lose_answers(WORKERS * 3)
            time.sleep(0.05)
            wire.cut()
            time.sleep(0.3)
            wire.lose_answers(0)
            wire.mend()
        assert_all_done_once(frontier, workers)


@contextmanager
def losing_one_answer(wire: Forwarder) -> Iterator[None]:
    """Redis does what it is asked inside, and the answer to that gets lost."""
    wire.lose_answers(1)
    yield
    assert wire.answers_to_lose == 0


@pytest.fixture
def frontier(server: RedisServer, store: Store, tmp_path: Path) -> Frontier:
    """Its scripts are known to Redis and its connection stands, so that the next answer is that of the next call."""
    for other in store_at(server.port, tmp_path):
        direct = other.open()
        direct.add([target(1), target(2)])
        one, two = direct.lease("w", limit=2, per_host=2, sites=SITES)
        direct.renew("w", [one.id, two.id])
        direct.complete([done(one)])
        direct.release(two.id, not_before=0, attempt=1)
        direct.defer_host("a.example", 1)
        direct.reap()
    opened = store.open()
    assert not opened.has_work()
    return opened


def test_targets_whose_acceptance_got_lost_on_the_way_are_queued_once(wire: Forwarder, frontier: Frontier) -> None:
    with losing_one_answer(wire):
        frontier.add([target(1), target(2)])
    assert frontier.stats().pending == 2
    assert numbers(frontier.lease("w", limit=9, per_host=9, sites=SITES)) == [1, 2]


def test_leases_whose_answer_got_lost_on_the_way_are_held_once(wire: Forwarder, frontier: Frontier) -> None:
    frontier.add([target(n, f"{n}.example") for n in range(6)])
    with losing_one_answer(wire):
        leases = frontier.lease("w", limit=2, per_host=1, sites=SITES)
    assert numbers(leases) == [0, 1]
    assert frontier.stats().leased == 2
    assert frontier.complete([done(lease) for lease in leases]) == 2


def test_a_completion_whose_answer_got_lost_on_the_way_counts_once(wire: Forwarder, frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    with losing_one_answer(wire):
        frontier.complete([done(lease, target(2), target(3))])
    stats = frontier.stats()
    assert (stats.pending, stats.leased, stats.seen) == (2, 0, 3)
    assert [count.count for count in stats.counts] == [1]


def test_a_release_whose_answer_got_lost_on_the_way_queues_once(wire: Forwarder, frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    with losing_one_answer(wire):
        frontier.release(lease.id, not_before=0, attempt=4)
    again = frontier.lease("w", limit=9, per_host=9, sites=SITES)
    assert [lease.target.attempt for lease in again] == [4]


def test_a_renewal_whose_answer_got_lost_on_the_way_holds(wire: Forwarder, frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    with losing_one_answer(wire):
        assert list(frontier.renew("w", [lease.id])) == []


def test_a_wire_that_stays_cut_is_told_and_leaves_everything_in_its_place(wire: Forwarder, frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    wire.lose_answers(100)  # of the completion, and of every greeting that follows
    begun = time.monotonic()
    with pytest.raises(UnavailableError, match="does not answer"):
        frontier.complete([done(lease, target(2))])
    assert time.monotonic() - begun < 10
    wire.lose_answers(0)
    stats = frontier.stats()
    assert (stats.pending, stats.leased, stats.seen) == (1, 0, 2)
    assert frontier.complete([done(lease, target(2))]) == 0
    assert frontier.stats() == stats


class Pair:
    """A primary and its replica, the way from one to the other, and the crawlers' way to the primary."""

    def __init__(self, stack: ExitStack, *, behind: float = 0.0) -> None:
        """The replica is told of everything so many seconds late."""
        # A replica's first copy is otherwise held back for five seconds, in case others want it too.
        self.primary = stack.enter_context(RedisServer({"repl-diskless-sync-delay": "0"}))
        self.between = stack.enter_context(Forwarder(self.primary.port, delay=behind))
        self.replica = stack.enter_context(RedisServer({"replicaof": f"127.0.0.1 {self.between.port}"}))
        self.address = stack.enter_context(Forwarder(self.primary.port))
        # Asked in order, a replica does not end while it writes its first append-only file.
        stack.callback(self.replica.kill)
        with Redis.from_url(self.primary.url) as admin:
            # Both its greeting and its first copy are in.
            assert wait_for_replica(admin, seconds=20)

    def replicated(self) -> bool:
        """Whether the replica has everything that the primary has answered so far."""
        with Redis.from_url(self.primary.url) as admin:
            return wait_for_replica(admin, seconds=5)

    def fail_over(self) -> None:
        """The primary is dead; its replica takes its place and its address."""
        # "Died": nothing that it still had to send gets through.
        self.primary.kill()
        with Redis.from_url(self.replica.url) as admin:
            admin.replicaof("NO", "ONE")
        self.address.lead_to(self.replica.port)


def wait_for_replica(admin: Redis, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # WAIT speaks of what its own connection has written; a write of one's own comes after all others.
        admin.set("written last", "by the test")
        if admin.wait(1, 200) == 1:
            return True
    return False


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.fixture
def replicated_store(pair: Pair, tmp_path: Path) -> Iterator[Store]:
    yield from store_at(pair.address.port, tmp_path)


def test_work_goes_on_at_a_replica_that_has_everything(pair: Pair, replicated_store: Store) -> None:
    frontier = replicated_store.open()
    frontier.add([first_page()])
    with crawling(replicated_store) as workers:
        wait_until_ended(frontier, 1_000)
        # As in planned maintenance: the crawlers are kept away until the replica has caught up.
        pair.address.cut()
        assert pair.replicated()
        pair.fail_over()
        pair.address.mend()
        assert_all_done_once(frontier, workers)


def test_work_goes_on_at_a_replica_whose_primary_died_without_warning(pair: Pair, replicated_store: Store) -> None:
    frontier = replicated_store.open()
    frontier.add([first_page()])
    assert pair.replicated()
    with crawling(replicated_store) as workers:
        wait_until_ended(frontier, 1_000)
        pair.fail_over()
        assert_all_done_once(frontier, workers)


def test_a_replica_does_again_what_it_was_not_told_of_and_lacks_only_what_people_said(
    pair: Pair, replicated_store: Store
) -> None:
    frontier = replicated_store.open()
    frontier.add([target(1), target(100)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    assert pair.replicated()
    pair.between.cut()
    assert frontier.complete([done(lease, *children_of(target(1), 4))]) == 1
    assert frontier.add([target(200)]) == 1
    frontier.halt(HALT)
    assert frontier.open_report(REPORT, items=10)
    pair.fail_over()
    # The replica stands where it was cut off: 1 is under way, its links and 200 were never heard of.
    stats = frontier.stats()
    assert (stats.leased, stats.pending, stats.seen) == (1, 1, 2)
    later = replicated_store.open(lambda: time.time() + 61)
    assert later.reap() == 1
    again = later.lease("other", limit=9, per_host=9, sites=SITES)
    assert numbers(again) == [1, 100]
    assert later.complete([done(again[0], *children_of(again[0].target, 4)), done(again[1])]) == 2
    assert later.stats().seen == 5
    # What people said is not found again by itself: it is said once more.
    assert list(later.halts()) == []
    assert later.report(REPORT.id) is None
    assert later.add([target(1), target(200)]) == 1
    assert later.open_report(REPORT, items=10)
    later.halt(HALT)
    assert list(later.halts()) == [HALT]


@pytest.fixture
def slow_pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack, behind=0.1)


def test_what_people_said_is_known_to_a_replica_that_lags_behind(slow_pair: Pair, tmp_path: Path) -> None:
    for store in store_at(slow_pair.address.port, tmp_path, answers_within=2):
        frontier = store.open()
        frontier.halt(msgspec.structs.replace(HALT, scope="resumed"))
        assert frontier.open_report(REPORT, items=10)
        assert frontier.begin_round(SITES[0], after=0, interval=60, seeds=[target(1)])
        frontier.halt(HALT)
        assert frontier.resume("resumed")
        slow_pair.fail_over()
        assert list(frontier.halts()) == [HALT]
        assert frontier.report(REPORT.id) == REPORT
        assert [(each.number, each.open) for each in frontier.rounds()] == [(1, 1)]


def test_what_no_replica_confirms_in_time_stands_and_is_logged(
    slow_pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow_pair.replica.pause()
    try:
        for store in store_at(slow_pair.address.port, tmp_path, answers_within=2):
            frontier = store.open()
            begun = time.monotonic()
            frontier.halt(HALT)
            assert 0.5 <= time.monotonic() - begun < 1.5
            assert "a failover now may forget it" in caplog.text
            assert list(frontier.halts()) == [HALT]
    finally:
        slow_pair.replica.resume()
