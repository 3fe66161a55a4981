"""A Redis that is entered by TLS, a certificate and a password: right ones open it, wrong ones are told at once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from crawler.contract.errors import ConfigError, CrawlerError
from crawler.contract.frontier import Frontier
from crawler.frontier import FrontierTable
from tests.ports.frontier.enduring import endure, first_page
from tests.ports.frontier.stores import Store, table, target
from tests.ports.frontier.workers import running
from tests.services.redis_certificates import Authority
from tests.services.redis_tls import PASSWORD, USER, TlsRedisServer

PAGES = 1_000
WORKERS = 2
AT_ONCE = 5.0
"""Seconds within which a mistake is told: no hang, and no retries of what will not get better."""


@pytest.fixture(scope="module")
def server() -> Iterator[TlsRedisServer]:
    """One that tests may kill; they leave it running."""
    with TlsRedisServer() as own:
        yield own


@pytest.fixture
def right(server: TlsRedisServer, tmp_path: Path) -> FrontierTable:
    """Settings that open it."""
    return msgspec.structs.replace(
        table(server.url),
        redis_url=None,
        redis_url_file=secret(tmp_path / "address", server, PASSWORD),
        redis_ca_file=server.authority.certificate,
        redis_certificate_file=server.client.certificate,
        redis_key_file=server.client.key,
    )


def secret(path: Path, server: TlsRedisServer, password: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(f"rediss://{USER}:{password}@127.0.0.1:{server.port}/0\n")
    return path


def add_one(settings: FrontierTable, state: Path) -> int:
    store = Store(settings, state)
    try:
        return store.open().add([target(1)])
    finally:
        store.close()


def refusal(settings: FrontierTable, state: Path) -> CrawlerError:
    """What is said of these settings, at once and without any secret."""
    begun = time.monotonic()
    with pytest.raises(CrawlerError) as caught:
        add_one(settings, state)
    assert time.monotonic() - begun < AT_ONCE
    assert "horse" not in str(caught.value)
    return caught.value


def test_several_processes_crawl_through_tls_and_a_restart(
    server: TlsRedisServer, right: FrontierTable, tmp_path: Path
) -> None:
    store = Store(msgspec.structs.replace(right, lease_seconds=2.0, max_expiries=1000), tmp_path)
    frontier = store.open()
    frontier.add([first_page()])
    with ExitStack() as stack:
        stack.callback(store.close)
        workers = [stack.enter_context(running(endure, store, f"w{n}", PAGES)) for n in range(WORKERS)]
        wait_until_some_ended(frontier)
        server.kill()
        server.start()
        for worker in workers:
            worker.join(30)
        assert [worker.exitcode for worker in workers] == [0] * WORKERS
        stats = frontier.stats()
        assert (stats.seen, stats.pending, stats.leased) == (PAGES, 0, 0)
        assert sum(count.count for count in stats.counts) == PAGES


def wait_until_some_ended(frontier: Frontier) -> None:
    deadline = time.monotonic() + 30
    while not frontier.stats().counts:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_server_that_the_authority_did_not_sign_for_is_refused(right: FrontierTable, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    error = refusal(msgspec.structs.replace(right, redis_ca_file=stranger.certificate), tmp_path)
    assert isinstance(error, ConfigError)
    assert "redis_ca_file" in str(error)


def test_a_server_is_not_trusted_without_naming_its_authority(right: FrontierTable, tmp_path: Path) -> None:
    error = refusal(msgspec.structs.replace(right, redis_ca_file=None), tmp_path)
    assert isinstance(error, ConfigError)
    assert "redis_ca_file" in str(error)


def test_a_certificate_that_was_made_for_another_address_is_refused(
    server: TlsRedisServer, right: FrontierTable, tmp_path: Path
) -> None:
    # The right server, under a name that its certificate does not have.
    address = tmp_path / "other"
    address.touch(mode=0o600)
    address.write_text(f"rediss://{USER}:{PASSWORD}@localhost:{server.port}/0\n")
    error = refusal(msgspec.structs.replace(right, redis_url_file=address), tmp_path)
    assert isinstance(error, ConfigError)
    assert "name in its address" in str(error)


def test_a_wrong_password_is_told_without_repeating_it(
    server: TlsRedisServer, right: FrontierTable, tmp_path: Path
) -> None:
    wrong = secret(tmp_path / "wrong", server, "wrong-horse")
    error = refusal(msgspec.structs.replace(right, redis_url_file=wrong), tmp_path)
    assert isinstance(error, ConfigError)
    assert "user and password" in str(error)


def test_no_password_at_all_is_told(server: TlsRedisServer, right: FrontierTable, tmp_path: Path) -> None:
    error = refusal(msgspec.structs.replace(right, redis_url=server.url, redis_url_file=None), tmp_path)
    assert isinstance(error, ConfigError)
    assert "user and password" in str(error)


def test_a_server_that_asks_for_a_certificate_gets_one_or_it_is_told(right: FrontierTable, tmp_path: Path) -> None:
    refusal(msgspec.structs.replace(right, redis_certificate_file=None, redis_key_file=None), tmp_path)
    assert add_one(right, tmp_path) == 1


def test_speaking_plainly_to_a_tls_port_is_told(server: TlsRedisServer, tmp_path: Path) -> None:
    refusal(table(server.url.replace("rediss", "redis")), tmp_path)
