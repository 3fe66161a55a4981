"""The pace within one process."""

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
