"""What crawlers tell each other besides targets, with lifetimes and claims. It stands beside the frontier."""

from pathlib import Path
from typing import Literal

from crawler.contract.shared import SharedStore
from crawler.redis_settings import RedisTable
from crawler.shared.caching import SharedCache
from crawler.shared.veiling import Veiled

__all__ = ["SharedCache", "Veiled", "open_shared"]


def open_shared(kind: Literal["embedded", "redis"], redis: RedisTable, state: Path) -> SharedStore:
    """Open the shared store where the frontier is: in the folder `state`, or in the frontier's Redis.

    Lifetimes go by this machine's clock, or by that of Redis. Raises `ConfigError` when the settings or the file
    cannot be used; whether Redis answers shows at the first call.
    """
    # Imported only where it is used: an embedded crawl needs no Redis client, and a Redis one no database.
    if kind == "redis":
        from crawler.shared.redis import RedisShared  # noqa: PLC0415

        return RedisShared(redis)
    from crawler.shared.sqlite import SqliteShared  # noqa: PLC0415

    return SqliteShared(state / "shared.sqlite")
