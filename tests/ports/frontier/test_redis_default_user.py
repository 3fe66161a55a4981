"""A Redis whose default user has no rights forgets the frontier at its next start: the check-up must say so."""

from collections.abc import Iterator

import pytest
from redis import Redis

from crawler.contract.findings import Finding
from crawler.frontier import check_frontier
from tests.ports.frontier.stores import table
from tests.services.redis import RedisServer


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as own, Redis.from_url(own.url) as admin:
        admin.acl_setuser("admin", enabled=True, nopass=True, categories=["+@all"], keys=["*"])
        admin.acl_setuser("crawler", enabled=True, nopass=True, categories=["+@all"], commands=["-acl"], keys=["*"])
        yield own


@pytest.fixture
def admin(server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(server.url, username="admin", password="any") as client:
        yield client


def failures(server: RedisServer, user: str) -> list[Finding]:
    address = f"redis://{user}@127.0.0.1:{server.port}/0"
    return [finding for finding in check_frontier(table(address)) if finding.level == "failure"]


def test_a_default_user_without_rights_is_a_failure(server: RedisServer, admin: Redis) -> None:
    admin.acl_setuser("default", reset=True)
    (failure,) = failures(server, "admin")
    assert "ACL SETUSER default off ~* &* +@all" in failure.text


def test_one_that_is_switched_off_and_keeps_its_rights_is_fine(server: RedisServer, admin: Redis) -> None:
    admin.acl_setuser("default", reset=True, keys=["*"], channels=["*"], categories=["+@all"])
    assert failures(server, "admin") == []


def test_who_may_not_look_is_not_troubled(server: RedisServer, admin: Redis) -> None:
    admin.acl_setuser("default", reset=True)
    assert failures(server, "crawler") == []
