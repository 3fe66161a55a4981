"""Both adapters, as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.contract.shared import SharedStore
from tests.ports.shared.stores import Place, table
from tests.services.redis import RedisServer


@pytest.fixture(params=["embedded", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = None
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        url = server.url
    made = Place(table(url), tmp_path / "state")
    yield made
    made.close()


@pytest.fixture
def store(place: Place) -> SharedStore:
    return place.open()
