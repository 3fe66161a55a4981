"""Several processes on one frontier: they share the work, keep the pace together, and may die at any moment."""

import random
import threading
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from crawler.contract.frontier import Frontier, Target
from tests.ports.frontier.stores import SITES, Store, done, numbers, target
from tests.ports.frontier.test_reports import report
from tests.ports.frontier.workers import Visit, crawl, explore, finish, hold, pipe, read_visits, running

GAP = 0.01
HOSTS = 20
TARGETS = 2_000
PAGES = 1_500


def test_four_workers_visit_everything_once_and_keep_every_gap(store: Store, tmp_path: Path) -> None:
    frontier = store.open()
    frontier.add([target(n, f"{n % HOSTS}.example", gap=GAP) for n in range(TARGETS)])
    logs = [tmp_path / f"{number}.jsonl" for number in range(4)]
    with ExitStack() as stack:
        workers = [stack.enter_context(running(crawl, store, log.stem, log)) for log in logs]
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 4
    visits = [visit for log in logs for visit in read_visits(log)]
    assert sorted(visit.fingerprint for visit in visits) == list(range(TARGETS))
    assert len({visit.worker for visit in visits}) > 1
    for host in {visit.host for visit in visits}:
        of_host = sorted((visit for visit in visits if visit.host == host), key=lambda visit: visit.begun)
        # Half a millisecond for clocks that are read in two processes.
        assert min(after.begun - before.ended for before, after in pairwise(of_host)) >= GAP - 0.0005
        assert_held_by_one_at_a_time(of_host)
    stats = frontier.stats()
    assert (stats.pending, stats.leased, sum(count.count for count in stats.counts)) == (0, 0, TARGETS)


def assert_held_by_one_at_a_time(visits: list[Visit]) -> None:
    for before, after in pairwise(visits):
        if before.worker != after.worker:
            held_until = max(v.completing for v in visits if v.worker == before.worker and v.begun <= before.begun)
            assert held_until <= after.leased


def test_what_a_killed_worker_held_is_handed_out_again(store: Store) -> None:
    frontier = store.open()
    frontier.add([target(n) for n in range(10)])
    ours, theirs = pipe()
    with running(hold, store, "dead", 6, theirs):
        assert ours.poll(30)
        assert ours.recv() == [0, 1, 2, 3, 4, 5]
    assert frontier.stats().leased == 6
    assert frontier.lease("other", limit=9, per_host=9, sites=SITES) == []
    a_minute_later = store.open(lambda: time.time() + 61)
    assert a_minute_later.reap() == 6
    assert numbers(a_minute_later.lease("other", limit=99, per_host=99, sites=SITES)) == list(range(10))


def test_workers_killed_at_any_moment_lose_nothing_and_count_nothing_twice(store: Store) -> None:
    store = store.with_settings(lease_seconds=0.4, max_expiries=1000)
    frontier = store.open()
    frontier.open_report(report(), items=2 * PAGES)
    frontier.add([first_page()])
    for kill in range(3):
        before = visited(frontier)
        with running(explore, store, f"killed {kill}", PAGES):
            deadline = time.monotonic() + 30
            while visited(frontier) == before:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            time.sleep(random.uniform(0, 0.05))
        assert_that_nothing_is_lost(frontier)
    finish(frontier, PAGES)
    stats = frontier.stats()
    assert stats.seen == PAGES
    assert visited(frontier) == PAGES
    assert_that_nothing_is_lost(frontier)
    items = list(frontier.derived_items(report().id))
    assert {item.outcome for item in items} == {"fetched"}
    assert sorted(item.fingerprint for item in items) == list(range(1, PAGES + 1))


def assert_that_nothing_is_lost(frontier: Frontier) -> None:
    (of_site,) = frontier.coverage()
    of_report = frontier.report_coverage(report().id)
    assert of_report is not None
    assert (of_site.lost, of_report.lost) == (0, 0)
    assert (of_site.known, of_site.pending, of_site.leased, of_site.ended) == (
        of_report.known,
        of_report.pending,
        of_report.leased,
        of_report.ended,
    )


def test_threads_share_one_frontier(frontier: Frontier) -> None:
    found: list[int] = []

    def work(number: int) -> None:
        frontier.add([target(number * 100 + n, f"{n % 5}.{number}.example") for n in range(100)])
        while leases := frontier.lease(f"worker {number}", limit=7, per_host=3, sites=SITES):
            found.extend(numbers(leases))
            frontier.complete([done(lease) for lease in leases])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(600))
    assert not frontier.has_work()


def first_page() -> Target:
    return target(1, "1.example", report_id=report().id)


def visited(frontier: Frontier) -> int:
    return sum(count.count for count in frontier.stats().counts if count.outcome == "fetched")
