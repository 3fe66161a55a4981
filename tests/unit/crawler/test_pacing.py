"""The pace within one process."""

from msgspec.structs import replace

from crawler.contract.frontier import Lease, Target
from crawler.fetching.pacing import HostPace


def lease(name: str, host: str = "a", gap: float = 1.0) -> Lease:
    target = Target(fingerprint=hash(name), url=f"http://{host}/{name}", host=host, site="s", kind="page", gap=gap)
    return Lease(id=name, target=target, expires_at=100.0)


def test_a_host_sees_one_request_at_a_time() -> None:
    pace = HostPace()
    pace.push(lease("1"))
    pace.push(lease("2"))
    first = pace.pop(0)
    assert first is not None
    assert pace.pop(1_000) is None
    pace.finished(first, 1_000)
    assert pace.pop(1_000.9) is None
    second = pace.pop(1_001)
    assert second is not None
    assert second.id == "2"


def test_hosts_do_not_wait_for_each_other() -> None:
    pace = HostPace()
    for name, host in (("1", "a"), ("2", "a"), ("3", "b")):
        pace.push(lease(name, host))
    first, second = pace.pop(0), pace.pop(0)
    assert first is not None
    assert second is not None
    assert {first.target.host, second.target.host} == {"a", "b"}
    assert pace.pop(0) is None


def test_hosts_take_turns() -> None:
    pace = HostPace()
    for number in range(3):
        for host in "ab":
            pace.push(lease(f"{host}{number}", host, gap=0))
    order = []
    while (found := pace.pop(0)) is not None:
        order.append(found.target.host)
        pace.finished(found, 0)
    assert order == ["a", "b"] * 3


def test_ending_a_request_twice_does_not_let_two_begin() -> None:
    pace = HostPace()
    for name in "123":
        pace.push(lease(name, gap=0))
    first = pace.pop(0)
    assert first is not None
    pace.finished(first, 0)
    second = pace.pop(0)
    assert second is not None
    pace.finished(first, 0)
    assert pace.pop(0) is None


def test_a_deferred_host_is_left_alone_until_then() -> None:
    pace = HostPace()
    pace.push(lease("1"))
    pace.defer("a", 50)
    assert pace.pop(49) is None
    assert pace.next_due(40) == 10
    assert pace.pop(50) is not None


def test_nothing_is_due_while_every_host_is_busy() -> None:
    pace = HostPace()
    pace.push(lease("1"))
    pace.push(lease("2"))
    pace.pop(0)
    assert pace.next_due(0) is None


def test_what_is_no_longer_ours_is_dropped() -> None:
    pace = HostPace()
    pace.push(lease("1"))
    pace.push(lease("2"))
    pace.drop({"1"})
    assert len(pace) == 1
    left = pace.pop(0)
    assert left is not None
    assert left.id == "2"


def test_draining_takes_everything_that_waits() -> None:
    pace = HostPace()
    for name in "123":
        pace.push(lease(name))
    pace.pop(0)
    assert [waiting.id for waiting in pace.drain()] == ["2", "3"]
    assert len(pace) == 0


def test_hosts_at_one_address_share_its_pace() -> None:
    pace = HostPace(address_gap=2)
    for host in "ab":
        pace.settle(host, "192.0.2.1")
        pace.push(lease(host, host, gap=0))
    first = pace.pop(0)
    assert first is not None
    assert pace.pop(100) is None
    assert pace.next_due(0) is None
    pace.finished(first, 100)
    assert pace.pop(101.9) is None
    assert pace.next_due(100) == 2
    assert pace.pop(102) is not None


def test_a_host_that_asks_for_a_longer_gap_gets_it() -> None:
    pace = HostPace()
    pace.slow_down("a", 5)
    pace.push(lease("1"))
    pace.push(lease("2"))
    first = pace.pop(0)
    assert first is not None
    pace.finished(first, 0)
    assert pace.pop(4.9) is None
    assert pace.pop(5) is not None


def test_a_slowed_crawl_fetches_pages_less_often_and_everything_else_as_before() -> None:
    pace = HostPace()
    pace.slowness = 10
    for name in ("1", "2"):
        pace.push(lease(name))
    first = pace.pop(0)
    assert first is not None
    pace.finished(first, 0)
    assert pace.pop(9.9) is None
    assert pace.next_due(0) == 10
    reported = lease("3")
    pace.push(replace(reported, target=replace(reported.target, report_id="r")))
    pace.push(replace(lease("4"), target=replace(lease("4").target, kind="picture")))
    found = pace.pop(1)
    assert found is not None
    assert found.id == "3"
    pace.finished(found, 1)
    assert pace.next_due(1) == 1
    assert pace.pop(2) is not None


def test_lower_priority_goes_first_within_a_host() -> None:
    pace = HostPace()
    for name, priority in (("1", 20), ("2", 10), ("3", 20), ("4", 0)):
        pace.push(replace(lease(name, gap=0), target=replace(lease(name, gap=0).target, priority=priority)))
    order = []
    while (found := pace.pop(0)) is not None:
        order.append(found.id)
        pace.finished(found, 0)
    assert order == ["4", "2", "1", "3"]


def test_what_waits_of_a_site_can_be_taken_out() -> None:
    pace = HostPace()
    pace.push(lease("1"))
    other = lease("2", "b")
    pace.push(replace(other, target=replace(other.target, site="t")))
    assert [taken.id for taken in pace.take_out(frozenset({"t"}))] == ["2"]
    assert len(pace) == 1


def test_forgetting_keeps_what_a_host_asked_for() -> None:
    pace = HostPace()
    pace.slow_down("a", 5)
    pace.settle("b", "192.0.2.1")
    pace.forget_idle(1)
    for name in ("1", "2"):
        pace.push(lease(name))
    first = pace.pop(1)
    assert first is not None
    pace.finished(first, 1)
    assert pace.next_due(1) == 5
