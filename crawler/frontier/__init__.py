"""The frontier: what to fetch next. Seeds and links go in, leases come out, and each ends exactly once."""

import time
from collections.abc import Iterator
from pathlib import Path

from crawler.contract.clock import Clock
from crawler.contract.findings import Finding
from crawler.contract.frontier import Frontier
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.describing import Describe

__all__ = ["Describe", "FrontierTable", "check_frontier", "open_frontier"]


def open_frontier(
    table: FrontierTable, state: Path, clock: Clock | None = None, describe: Describe | None = None
) -> Frontier:
    """Open the frontier that the table describes; the embedded one is made in the folder `state` if need be.

    Without a clock SQLite goes by this machine's and Redis by its own, which is the same for all crawlers. With
    `describe`, targets that it refuses as beyond a budget are listed as it says; without, they are only counted.
    Raises `ConfigError` when the settings cannot be used; whether Redis answers shows at the first call.
    """
    # Imported only where it is used: an embedded crawl needs no Redis client, and a Redis one no database.
    if table.kind == "redis":
        from crawler.frontier.redis import RedisFrontier  # noqa: PLC0415

        return RedisFrontier(table, clock, describe)
    from crawler.frontier.sqlite import SqliteFrontier  # noqa: PLC0415

    return SqliteFrontier(state / "frontier.sqlite", table, clock or time.time, describe)


def check_frontier(table: FrontierTable) -> Iterator[Finding]:
    """What the server behind it says of itself; nothing for the embedded one. Raises what opening it raises."""
    if table.kind == "redis":
        from crawler.frontier.redis_checkup import findings  # noqa: PLC0415

        yield from findings(table)
