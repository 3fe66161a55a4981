"""Everything that was ever accepted is somewhere: waiting, under way, or ended under a reason."""

import sqlite3
from collections import Counter

import pytest
from redis import Redis

from crawler.contract.frontier import Completion, Count, Coverage, Frontier, Outcome
from crawler.contract.reasons import Reason
from crawler.frontier import entries
from tests.ports.frontier.stores import LEASE_SECONDS, SITES, Hands, Store, done, target


def test_a_site_is_covered_step_by_step(frontier: Frontier, clock: Hands) -> None:
    frontier.add([target(1), target(2), target(3), target(4, not_before=clock.now + 9), target(5, site="other")])
    one, two = frontier.lease("w", limit=2, per_host=2, sites=SITES)
    frontier.complete([done(one, target(6), target(7, site="other"))])
    frontier.release(two.id, not_before=clock.now, attempt=1)
    frontier.lease("w", limit=1, per_host=1, sites=SITES)
    fetched = Count(site=SITES[0], kind="page", outcome="fetched", reason=None, count=1)
    assert frontier.coverage() == [
        Coverage(scope=SITES[0], known=5, pending=3, leased=1, counts=(fetched,)),
        Coverage(scope="other", known=2, pending=2, leased=0, counts=()),
    ]
    assert [coverage.lost for coverage in frontier.coverage()] == [0, 0]


def test_pictures_inside_of_a_target_are_counted_apart_from_it(frontier: Frontier) -> None:
    frontier.add([target(1, kind="picture")])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    outcome = Outcome(
        kind="fetched",
        found="archive",
        reason=Reason.ARCHIVE_TOO_LARGE,
        inside={None: 7, Reason.EMPTY: 2, Reason.UNDECODABLE: 1},
    )
    frontier.complete([Completion(lease_id=lease.id, outcome=outcome)])
    (coverage,) = frontier.coverage()
    assert {(c.kind, c.outcome, c.reason): c.count for c in coverage.counts} == {
        ("archive", "fetched", Reason.ARCHIVE_TOO_LARGE): 1,
        ("inside", "fetched", None): 7,
        ("inside", "skipped", Reason.EMPTY): 2,
        ("inside", "failed", Reason.UNDECODABLE): 1,
    }
    assert (coverage.known, coverage.ended, coverage.lost) == (1, 1, 0)


def test_completing_again_counts_nothing_twice(frontier: Frontier) -> None:
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    ending = Completion(lease_id=lease.id, outcome=Outcome(kind="fetched", inside={None: 2}), children=(target(2),))
    frontier.complete([ending])
    before = frontier.coverage()
    frontier.complete([ending, ending])
    assert frontier.coverage() == before


def waiting_and_under_way(store: Store) -> tuple[Counter[str], Counter[str]]:
    """By site, from every entry there is, whatever was counted."""
    if store.table.kind == "embedded":
        with sqlite3.connect(store.state / "frontier.sqlite") as database:
            rows = database.execute("SELECT site, lease IS NOT NULL FROM targets").fetchall()
        database.close()
        return Counter(s for s, leased in rows if not leased), Counter(s for s, leased in rows if leased)
    prefix = f"{store.table.key_prefix}:"
    with Redis.from_url(store.table.redis_address()) as client:
        queued = [
            entry for key in client.scan_iter(f"{prefix}requests:*", count=1000) for entry in client.lrange(key, 0, -1)
        ]
        delayed = [after_sizes(member[12:], 1) for member in client.zrange(f"{prefix}delayed", 0, -1)]
        leased = [after_sizes(record[8:], 2) for record in client.hvals(f"{prefix}leases")]
    return Counter(map(site_of, queued + delayed)), Counter(map(site_of, leased))


def after_sizes(record: bytes, words: int) -> bytes:
    """What stands behind so many words, each with its length in front."""
    for _ in range(words):
        record = record[2 + int.from_bytes(record[:2], "big") :]
    return record


def site_of(entry: bytes) -> str:
    return entries.decode("any.example", entry).site


@pytest.mark.parametrize("moment", ["all of it waits", "under way", "after a death"])
def test_the_counters_say_what_a_look_at_every_entry_says(store: Store, clock: Hands, moment: str) -> None:
    frontier = store.open(clock)
    targets = [
        target(n, f"{n % 9}.example", site=f"site {n % 3}", report_id="r" if n % 4 else None) for n in range(200)
    ]
    frontier.add(targets)
    frontier.add([target(n, "late.example", not_before=clock.now + 500) for n in range(200, 210)])
    sites = ["site 0", "site 1", SITES[0]]
    if moment != "all of it waits":
        leases = frontier.lease("w", limit=40, per_host=9, sites=sites)
        frontier.complete([done(lease, target(1000 + i, site="site 2")) for i, lease in enumerate(leases[:20])])
        frontier.release(leases[21].id, not_before=clock.now + 9, attempt=1)
    if moment == "after a death":
        clock.now += LEASE_SECONDS
        frontier.reap()
        frontier.lease("w", limit=10, per_host=9, sites=sites)
    waiting, under_way = waiting_and_under_way(store)
    coverage = frontier.coverage()
    assert {each.scope: each.pending for each in coverage if each.pending} == waiting
    assert {each.scope: each.leased for each in coverage if each.leased} == under_way
    assert [each.lost for each in coverage] == [0] * len(coverage)
