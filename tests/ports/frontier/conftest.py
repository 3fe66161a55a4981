"""Both adapters, as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.contract.frontier import Frontier
from tests.ports.frontier.stores import Hands, Store, table
from tests.services.redis import RedisServer


@pytest.fixture(params=["embedded", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = None
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        url = server.url
    made = Store(table(url), tmp_path / "state")
    yield made
    made.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def frontier(store: Store, clock: Hands) -> Frontier:
    return store.open(clock)
