"""Where Redis is and how it is entered: the part of `[frontier]` that everything kept in Redis goes by."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from crawler.contract.config import Table, read_secret
from crawler.contract.errors import ConfigError


class RedisTable(Table, frozen=True, kw_only=True):
    """Settings of one Redis, the same for every process that shares it."""

    redis_url: str | None = None
    """`redis://…`, `rediss://…` (TLS) or `unix://…`, without a password."""
    redis_url_file: Path | None = None
    """A file, readable by its owner only, that holds the address with its password."""
    key_prefix: Annotated[str, msgspec.Meta(min_length=1)] = "zoeklicht"
    """All keys in Redis start with it: one prefix, one frontier."""

    def redis_address(self) -> str:
        """The address of the Redis to use. Raises `ConfigError` unless exactly one place gives it."""
        if (self.redis_url is None) == (self.redis_url_file is None):
            raise ConfigError('[frontier] kind = "redis" needs either redis_url or redis_url_file.')
        if self.redis_url_file is not None:
            return read_secret(self.redis_url_file, "[frontier] redis_url_file")
        address = self.redis_url or ""
        if urlsplit(address).password:
            raise ConfigError("[frontier] redis_url holds a password: move the address to a file, redis_url_file.")
        return address
