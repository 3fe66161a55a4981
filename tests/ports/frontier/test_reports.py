"""A report and all that comes of it."""

from datetime import UTC, datetime, timedelta

from crawler.contract.frontier import Completion, Count, DerivedItem, Frontier, Outcome, Target
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from tests.ports.frontier.stores import (
    LEASE_SECONDS,
    MAX_EXPIRIES,
    SITES,
    START,
    Hands,
    Store,
    done,
    numbers,
    target,
)

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def report(report_id: str = "r-1", days: int = 0) -> Report:
    return Report(id=report_id, source="inhope", received_at=DAY + timedelta(days=days), password="x", note="seen")


def of_report(number: int, report_id: str = "r-1", host: str = "a.example") -> Target:
    return target(number, host, report_id=report_id)


def test_a_report_is_kept_once(store: Store, clock: Hands) -> None:
    frontier = store.open(clock)
    assert frontier.open_report(report(), items=10)
    assert not frontier.open_report(report(days=1), items=10)
    store.close()
    again = store.open(clock)
    assert not again.open_report(report(), items=10)
    assert again.report("r-1") == report()
    assert again.report("r-2") is None


def test_reports_are_told_newest_first(frontier: Frontier) -> None:
    for days, name in ((2, "b"), (9, "c"), (1, "a")):
        frontier.open_report(report(name, days), items=1)
    assert [each.id for each in frontier.reports()] == ["c", "b", "a"]


def test_what_comes_of_a_report_is_told_in_order_with_what_became_of_it(frontier: Frontier, clock: Hands) -> None:
    frontier.open_report(report(), items=10)
    frontier.add([of_report(1), target(2), of_report(3), of_report(4), of_report(5), of_report(3)])
    leases = {lease.target.fingerprint: lease for lease in frontier.lease("w", limit=4, per_host=9, sites=SITES)}
    clock.now += 5
    archive = Outcome(
        kind="fetched", found="archive", reason=Reason.ARCHIVE_TOO_MANY, inside={None: 3, Reason.EMPTY: 1}
    )
    frontier.complete(
        [
            Completion(lease_id=leases[1].id, outcome=archive, children=(of_report(6),)),
            Completion(lease_id=leases[3].id, outcome=Outcome(kind="skipped", reason=Reason.ROBOTS_DISALLOWED)),
        ]
    )
    frontier.fail(leases[4].id, Reason.TIMEOUT)
    items = list(frontier.derived_items("r-1"))
    assert items[0] == DerivedItem(
        fingerprint=1,
        sealed_address=of_report(1).sealed_address or "",
        host="a.example",
        kind="archive",
        outcome="fetched",
        reason=Reason.ARCHIVE_TOO_MANY,
        at=START + 5,
        inside=3,
    )
    assert [(item.fingerprint, item.outcome, item.reason, item.at) for item in items[1:]] == [
        (3, "skipped", Reason.ROBOTS_DISALLOWED, START + 5),
        (4, "failed", Reason.TIMEOUT, START + 5),
        (5, "pending", None, START),
        (6, "pending", None, START + 5),
    ]
    assert list(frontier.derived_items("r-2")) == []


def test_a_report_is_covered_over_all_sites(frontier: Frontier) -> None:
    frontier.open_report(report(), items=10)
    assert frontier.report_coverage("r-2") is None
    empty = frontier.report_coverage("r-1")
    assert empty is not None
    assert (empty.known, empty.counts) == (0, ())
    frontier.add([of_report(1), of_report(2), target(3), target(4, "b.example", site="other", report_id="r-1")])
    leases = frontier.lease("w", limit=9, per_host=1, sites=[*SITES, "other"])
    links = {Reason.TOO_DEEP: 2}
    frontier.complete(
        [
            Completion(lease_id=lease.id, outcome=Outcome(kind="fetched", links=links, inside={None: 1}))
            for lease in leases
        ]
    )
    coverage = frontier.report_coverage("r-1")
    assert coverage is not None
    assert (coverage.scope, coverage.known, coverage.pending, coverage.leased, coverage.lost) == ("r-1", 3, 1, 0, 0)
    assert {(c.site, c.kind, c.outcome, c.reason): c.count for c in coverage.counts} == {
        (site, *end): count
        for site in (*SITES, "other")
        for end, count in {
            ("page", "fetched", None): 1,
            ("link", "skipped", Reason.TOO_DEEP): 2,
            ("inside", "fetched", None): 1,
        }.items()
    }


def test_an_item_of_dead_workers_ends_as_failed(frontier: Frontier, clock: Hands) -> None:
    frontier.open_report(report(), items=10)
    frontier.add([of_report(1)])
    for _ in range(MAX_EXPIRIES):
        assert len(frontier.lease("w", limit=1, per_host=1, sites=SITES)) == 1
        clock.now += LEASE_SECONDS
        frontier.reap()
    (item,) = frontier.derived_items("r-1")
    assert (item.outcome, item.reason) == ("failed", Reason.LEASE_EXPIRED)


def test_no_more_is_accepted_of_a_report_than_its_budget(frontier: Frontier) -> None:
    frontier.open_report(report(), items=2)
    frontier.set_budget(SITES[0], pages=1)
    assert frontier.add([of_report(n) for n in range(5)]) == 2
    assert frontier.add([target(9), target(10)]) == 1, "the site's own budget is another"
    coverage = frontier.report_coverage("r-1")
    assert coverage is not None
    assert coverage.counts == (
        Count(site=SITES[0], kind="link", outcome="skipped", reason=Reason.OVER_BUDGET, count=3),
    )
    # What was too much is not marked as seen: it may still come by another way.
    frontier.set_budget(SITES[0], pages=2)
    assert frontier.add([target(4)]) == 1


def test_a_report_with_more_items_than_one_look_takes_is_told_whole(frontier: Frontier) -> None:
    frontier.open_report(report(), items=5000)
    frontier.add([of_report(n, host=f"{n % 3}.example") for n in range(1300)])
    leases = frontier.lease("w", limit=700, per_host=700, sites=SITES)
    frontier.complete([done(lease) for lease in leases])
    items = list(frontier.derived_items("r-1"))
    assert [item.fingerprint for item in items] == list(range(1300))
    assert {item.fingerprint for item in items if item.outcome == "fetched"} == set(numbers(leases))
