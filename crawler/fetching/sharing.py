"""The shared store within one crawler process: opened as Scrapy's crawler starts, closed when its engine stops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.contract.errors import ConfigError
from crawler.fetching.configured import configuration_of
from crawler.frontier import FrontierTable
from crawler.sealing import KeysTable, read_digest_key
from crawler.shared import SharedCache, Veiled, open_shared

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.config import Configuration

_THREADS = 2


class Sharing:
    """A Scrapy extension: `sharing_of(crawler)` finds it again from any component."""

    def __init__(self, configuration: Configuration) -> None:
        state = configuration.state
        table = configuration.table("frontier", FrontierTable)
        self._digest_key = read_digest_key(configuration.table("keys", KeysTable).digest_file(state))
        self.store = open_shared(table.kind, table, state)
        """Blocks: call it in `executor`."""
        self.executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="shared")
        self._caches: dict[str, SharedCache] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Sharing:
        """Called by Scrapy. Raises `ConfigError`, which ends the process before it fetches."""
        sharing = cls(configuration_of(crawler.settings))
        crawler.signals.connect(sharing.close, signals.engine_stopped)
        return sharing

    def veiled(self, purpose: str) -> Veiled:
        """Entries of one purpose, that nobody can read who steals the store. Blocks: call it in `executor`."""
        return Veiled(self.store, self._digest_key, purpose)

    def cache(self, purpose: str) -> SharedCache:
        """The same from the event loop; one for each purpose, written out before the process ends."""
        if purpose not in self._caches:
            self._caches[purpose] = SharedCache(self.veiled(purpose), self.executor)
        return self._caches[purpose]

    async def close(self) -> None:
        """Called when the engine has stopped: nothing is looked up or remembered any more."""
        for cache in self._caches.values():
            await cache.flush()
        self.executor.shutdown()
        self.store.close()


def sharing_of(crawler: Crawler) -> Sharing:
    """The shared store of this crawler."""
    sharing = crawler.get_extension(Sharing)
    if sharing is None:
        raise ConfigError("the setting EXTENSIONS lacks crawler.fetching.sharing.Sharing: use crawler.settings")
    return sharing
