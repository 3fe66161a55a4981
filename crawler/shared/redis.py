"""The shared store on many machines: strings in Redis that it expires by itself."""

from collections.abc import Mapping, Sequence
from typing import cast

from crawler.redis_connection import answering, client_of
from crawler.redis_settings import RedisTable

_AT_ONCE = 500
"""Keys in one command: a few milliseconds in which Redis serves nobody else."""

_CLAIM = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisShared:
    """See `crawler.contract.shared.SharedStore`. Entries are `PREFIX:shared:KEY`, claims `PREFIX:claimed:KEY`."""

    def __init__(self, table: RedisTable) -> None:
        self._prefix = table.key_prefix
        self._client = client_of(table)
        self._claim = self._client.register_script(_CLAIM)
        self._let_go = self._client.register_script(_LET_GO)

    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """See the port."""
        found: list[bytes | None] = []
        with answering():
            for i in range(0, len(keys), _AT_ONCE):
                found += cast("list[bytes | None]", self._client.mget(self._entries(keys[i : i + _AT_ONCE])))
        return found

    def put(self, entries: Mapping[str, bytes], *, seconds: float) -> None:
        """See the port. Not one step: a call that fails may have put some of them."""
        names = list(entries)
        with answering():
            for i in range(0, len(names), _AT_ONCE):
                pipeline = self._client.pipeline(transaction=False)
                for name in names[i : i + _AT_ONCE]:
                    pipeline.set(f"{self._prefix}:shared:{name}", entries[name], px=_milliseconds(seconds))
                pipeline.execute()

    def claim(self, key: str, owner: str, *, seconds: float) -> bool:
        """See the port."""
        with answering():
            return bool(self._claim(keys=[self._claimed(key)], args=[owner, _milliseconds(seconds)]))

    def let_go(self, key: str, owner: str) -> None:
        """See the port."""
        with answering():
            self._let_go(keys=[self._claimed(key)], args=[owner])

    def forget(self, keys: Sequence[str]) -> None:
        """See the port."""
        with answering():
            for i in range(0, len(keys), _AT_ONCE):
                self._client.delete(*self._entries(keys[i : i + _AT_ONCE]))

    def close(self) -> None:
        """See the port."""
        self._client.close()

    def _entries(self, keys: Sequence[str]) -> list[str]:
        return [f"{self._prefix}:shared:{key}" for key in keys]

    def _claimed(self, key: str) -> str:
        return f"{self._prefix}:claimed:{key}"


def _milliseconds(seconds: float) -> int:
    """Redis counts whole ones and refuses none at all."""
    return max(1, round(seconds * 1000))
