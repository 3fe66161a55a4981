"""What a frontier on Redis bears: lost connections, restarts, refusals; and how little it takes for an address."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from crawler.contract.errors import ConfigError, UnavailableError
from crawler.contract.frontier import Completion, Frontier, Outcome
from crawler.frontier import FrontierTable, open_frontier
from tests.ports.frontier.stores import SITES, Store, done, numbers, table, target
from tests.ports.frontier.test_passed_over import passed
from tests.ports.frontier.test_reports import report
from tests.ports.frontier.workers import children_of
from tests.services.redis import RedisServer

PAGES = 3_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """One that tests may kill; they leave it running."""
    with RedisServer() as own:
        yield own


@pytest.fixture
def admin(server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def settings(server: RedisServer) -> FrontierTable:
    return table(f"{server.url}?socket_timeout=0.2")


@pytest.fixture
def store(settings: FrontierTable, tmp_path: Path) -> Iterator[Store]:
    made = Store(settings, tmp_path)
    yield made
    made.close()


@pytest.fixture
def frontier(store: Store) -> Frontier:
    return store.open()


def test_a_redis_that_is_away_is_told_in_bounded_time_and_without_its_address(
    server: RedisServer, frontier: Frontier
) -> None:
    frontier.add([target(1)])
    server.kill()
    try:
        begun = time.monotonic()
        for call in (frontier.has_work, frontier.stats, lambda: frontier.lease("w", limit=1, per_host=1, sites=SITES)):
            with pytest.raises(UnavailableError, match="does not answer") as caught:
                call()
            assert str(server.port) not in str(caught.value)
        assert time.monotonic() - begun < 15
    finally:
        server.start()
    assert numbers(frontier.lease("w", limit=1, per_host=1, sites=SITES)) == [1]


def test_restarts_in_mid_run_lose_nothing(server: RedisServer, frontier: Frontier) -> None:
    frontier.add([target(1, "1.example")])
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            try:
                if not frontier.has_work():
                    ended.set()
                leases = frontier.lease("w", limit=8, per_host=4, sites=SITES)
                completions = [done(lease, *children_of(lease.target, PAGES)) for lease in leases]
                while not complete(completions):
                    pass
            except UnavailableError:
                continue

    def complete(completions: list[Completion]) -> bool:
        try:
            frontier.complete(completions)
        except UnavailableError:
            return False
        return True

    worker = threading.Thread(target=work)
    worker.start()
    for pages in (100, 1_000):
        while (seen := seen_so_far(frontier)) < pages:
            assert worker.is_alive()
        assert seen < PAGES
        server.kill()
        server.start()
    worker.join(60)
    assert ended.is_set()
    stats = frontier.stats()
    assert (stats.seen, stats.leased, stats.pending) == (PAGES, 0, 0)
    assert sum(count.count for count in stats.counts) == PAGES


def seen_so_far(frontier: Frontier) -> int:
    return frontier.stats().seen


def test_leases_whose_answer_got_lost_are_given_when_asked_for_again(server: RedisServer, frontier: Frontier) -> None:
    frontier.add([target(n, f"{n}.example") for n in range(20)])
    assert len(frontier.lease("w", limit=2, per_host=1, sites=SITES)) == 2
    server.pause()
    try:
        # Redis will read what was sent meanwhile, each repetition of it, when it goes on.
        with pytest.raises(UnavailableError):
            frontier.lease("w", limit=3, per_host=1, sites=SITES)
    finally:
        server.resume()
    again = frontier.lease("w", limit=3, per_host=1, sites=SITES)
    assert len(again) == 3
    assert frontier.stats().leased == 5
    assert len(frontier.lease("w", limit=3, per_host=1, sites=SITES)) == 3
    assert frontier.complete([done(lease) for lease in again]) == 3


def test_scripts_that_redis_forgot_are_sent_again(admin: Redis, frontier: Frontier) -> None:
    frontier.add([target(1)])
    admin.script_flush()
    assert frontier.add([target(1), target(2)]) == 1


def test_a_full_redis_is_told_and_loses_nothing(admin: Redis, frontier: Frontier) -> None:
    frontier.add([target(1)])
    admin.config_set("maxmemory", "1")
    try:
        with pytest.raises(UnavailableError, match="maxmemory"):
            frontier.add([target(2)])
    finally:
        admin.config_set("maxmemory", "0")
    assert frontier.stats().pending == 1
    assert frontier.add([target(2)]) == 1


def test_a_primary_that_became_a_replica_is_told(admin: Redis, frontier: Frontier) -> None:
    admin.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(UnavailableError, match="replica"):
            frontier.add([target(1)])
    finally:
        admin.replicaof("NO", "ONE")
    assert frontier.add([target(1)]) == 1


def test_a_password_from_a_file_opens_what_is_under_the_prefix(
    server: RedisServer, admin: Redis, settings: FrontierTable, tmp_path: Path
) -> None:
    admin.acl_setuser(
        "crawler", enabled=True, passwords=["+right"], keys=[f"{settings.key_prefix}*"], categories=["+@all"]
    )
    secret = tmp_path / "address"
    settings = msgspec.structs.replace(settings, redis_url=None, redis_url_file=secret)

    def add_one(password: str) -> int:
        secret.write_text(f"redis://crawler:{password}@127.0.0.1:{server.port}/0\n")
        secret.chmod(0o600)
        frontier = open_frontier(settings, tmp_path)
        try:
            return frontier.add([target(1)])
        finally:
            frontier.close()

    with pytest.raises(ConfigError, match="user and password") as caught:
        add_one("wrong")
    assert "wrong" not in str(caught.value)
    assert add_one("right") == 1


def test_what_was_seen_is_packed_in_integer_sets(admin: Redis, frontier: Frontier, settings: FrontierTable) -> None:
    # All in one bucket, as many as there will be in each at 33 million addresses.
    frontier.add([target(n * 2**16 + 7) for n in range(512)])
    (bucket,) = admin.scan_iter(f"{settings.key_prefix}:dupefilter:*", count=1000)
    assert admin.object("encoding", bucket) == b"intset"
    assert admin.scard(bucket) == 512


def test_a_frontier_that_was_emptied_leaves_only_what_was_seen_and_counted(
    admin: Redis, frontier: Frontier, settings: FrontierTable
) -> None:
    frontier.add([target(n, f"{n % 3}.example") for n in range(9)])
    while leases := frontier.lease("w", limit=2, per_host=2, sites=SITES):
        for lease in leases:
            frontier.settle("w", lease.target.host, "192.0.2.1")
        frontier.complete([done(lease) for lease in leases])
        time.sleep(settings.address_gap_seconds)
    frontier.lease("w", limit=2, per_host=2, sites=SITES)
    admin.delete(f"{settings.key_prefix}:answered:w")  # goes by itself when the leases would have expired
    prefix = f"{settings.key_prefix}:"
    left = {key.decode().removeprefix(prefix).split(":")[0] for key in admin.scan_iter(f"{prefix}*", count=1000)}
    assert left == {"dupefilter", "totals", "counts", "standing", "taken"}


def test_what_is_listed_no_more_takes_no_memory(admin: Redis, store: Store) -> None:
    store.table = msgspec.structs.replace(store.table, listed_per_reason=2)
    frontier = store.open()
    frontier.add([target(1)])
    (lease,) = frontier.lease("w", limit=1, per_host=1, sites=SITES)
    outcome = Outcome(kind="fetched")
    frontier.complete([Completion(lease_id=lease.id, outcome=outcome, passed=tuple(passed(n) for n in range(9)))])
    (records,) = admin.scan_iter(f"{store.table.key_prefix}:passed_records:*", count=1000)
    assert admin.hlen(records) == 2


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "http://127.0.0.1"])
def test_an_address_that_is_none_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rediss://"):
        open_frontier(FrontierTable(kind="redis", redis_url=address), tmp_path)


def test_what_is_done_once_is_done_for_the_caller_whose_answer_got_lost(
    server: RedisServer, frontier: Frontier
) -> None:
    server.pause()
    try:
        # Redis will read what was sent meanwhile, each repetition of it, when it goes on.
        with pytest.raises(UnavailableError):
            frontier.begin_round(SITES[0], after=0, interval=60, seeds=[target(1, force=True)])
        with pytest.raises(UnavailableError):
            frontier.open_report(report(), items=9)
    finally:
        server.resume()
    assert frontier.begin_round(SITES[0], after=0, interval=60, seeds=[target(1, force=True)])
    assert frontier.open_report(report(), items=9)
    assert not frontier.begin_round(SITES[0], after=0, interval=60, seeds=[target(1, force=True)])
    assert not frontier.open_report(report(), items=9)
    assert frontier.stats().pending == 1
