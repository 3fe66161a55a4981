"""What only the shared store in Redis can be asked."""

from pathlib import Path

import pytest
from redis import Redis

from crawler.contract.errors import UnavailableError
from crawler.shared import open_shared
from tests.ports.shared.stores import table
from tests.services import ports
from tests.services.redis import RedisServer


def test_everything_it_keeps_ends_by_itself(redis_server: RedisServer) -> None:
    settings = table(redis_server.url)
    store = open_shared("redis", settings, Path())
    store.put({"a": b"1"}, seconds=60)
    assert store.claim("a", "one", seconds=0.0001)
    store.put({"b": b"1"}, seconds=0.0001)
    assert store.claim("b", "one", seconds=60)
    store.close()
    with Redis.from_url(redis_server.url) as client:
        keys = list(client.scan_iter(f"{settings.key_prefix}:*"))
        assert keys
        assert all(client.pttl(key) > 0 or not client.exists(key) for key in keys)


def test_a_redis_that_does_not_answer_is_told_as_such() -> None:
    store = open_shared("redis", table(f"redis://127.0.0.1:{ports.free()}/0"), Path())
    with pytest.raises(UnavailableError):
        store.get(["a"])
    store.close()
