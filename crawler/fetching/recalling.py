"""Asks for what was fetched before only if it has changed; what has not is seen again without its bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.fetching.picture import HashedItem
from crawler.fetching.remembering import Memory, conditions, pictures_again
from crawler.fetching.sharing import sharing_of
from crawler.fetching.wiring import wiring_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import Lease
    from crawler.contract.records import Peer
    from crawler.fetching.memories import Remembered

REMEMBERED = "remembered"
"""Under this name in a request's meta: what is remembered of its target, if it was asked for conditionally."""

_PURPOSE = "memory"


class Recalling:
    """A Scrapy extension: `memory_of(crawler)` finds its memory again from any component."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Recalling:
        """Called by Scrapy."""
        return cls(crawler)

    @cached_property
    def memory(self) -> Memory:
        """What is remembered. Made when first asked for: until all extensions are there, none finds another."""
        wiring = wiring_of(self._crawler)
        return Memory(
            sharing_of(self._crawler).cache(_PURPOSE),
            wiring.directory.profiles,
            wiring.hashing_table.limits,
            days=wiring.crawl.remember_days,
        )


class RecallMiddleware:
    """Downloader middleware: makes requests conditional. What their answer comes to is `unchanged`'s."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecallMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Say which version is known, if one is."""
        lease: Lease | None = request.meta.get("lease")
        if lease is None:
            return
        remembered = await memory_of(self._crawler).recall(lease.target)
        if remembered is not None:
            request.meta[REMEMBERED] = remembered
            for name, value in conditions(remembered).items():
                request.headers[name] = value


def unchanged(remembered: Remembered, lease: Lease, peer: Peer) -> HashedItem:
    """What a 304 comes to: the sightings of all that is remembered, at this time."""
    pictures = pictures_again(remembered, lease=lease, peer=peer, at=datetime.now(UTC), status=304)
    return HashedItem(
        lease, found=remembered.found, pictures=pictures, inside=remembered.inside, reason=Reason.NOT_MODIFIED
    )


def memory_of(crawler: Crawler) -> Memory:
    """What this crawler remembers."""
    recalling = crawler.get_extension(Recalling)
    if recalling is None:
        raise ConfigError("the setting EXTENSIONS lacks crawler.fetching.recalling.Recalling: use crawler.settings")
    return recalling.memory
