"""Everything one crawler process works with, opened when Scrapy's crawler starts and closed when it ends."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from scrapy import Request, signals

from crawler.contract.config import Configuration
from crawler.contract.errors import ConfigError
from crawler.contract.records import IMAGES_SEEN
from crawler.fetching.configuration import CrawlTable
from crawler.fetching.configured import configuration_of
from crawler.fetching.frontier_client import FrontierClient
from crawler.fetching.listing import Listing
from crawler.frontier import FrontierTable, open_frontier
from crawler.frontier.fingerprints import fingerprint
from crawler.hashing import HashingPool, HashingTable
from crawler.sealing import KeysTable, Sealer, read_digest_key, read_public_key
from crawler.sites import AddressScope, Judge, ScopeTable, SiteDirectory, read_profiles
from crawler.sites.lookalikes import LookAlikes
from crawler.transport import TransportTable, open_publisher

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_FRONTIER_THREADS = 3  # lease, complete and the housekeeping may overlap


class Wiring:
    """A Scrapy extension: `wiring_of(crawler)` finds it again from any component."""

    def __init__(self, configuration: Configuration, crawler: Crawler) -> None:
        state = configuration.state
        self.crawl = configuration.table("crawl", CrawlTable)
        keys = configuration.table("keys", KeysTable)
        self.directory = SiteDirectory(read_profiles(configuration.profiles))
        self.scope = AddressScope(configuration.table("scope", ScopeTable), time.time)
        self.sealer = Sealer(read_public_key(keys.public_file(state)))
        self.digest_key = read_digest_key(keys.digest_file(state))
        self.once = crawler.settings.getbool("ZOEKLICHT_ONCE")
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
        fingerprinter = crawler.request_fingerprinter
        if fingerprinter is None:
            raise ConfigError("Scrapy has no request fingerprinter: leave REQUEST_FINGERPRINTER_CLASS alone.")
        self.judge = Judge(self.directory, lambda url: fingerprint(Request(url), fingerprinter))
        self.look_alikes = LookAlikes()
        self.frontier_table = configuration.table("frontier", FrontierTable)
        most = self.frontier_table.listed_per_reason
        self.listing = Listing(self.sealer, self.digest_key, time.time, most=most)
        self._executor = ThreadPoolExecutor(_FRONTIER_THREADS, thread_name_prefix="frontier")
        frontier = open_frontier(self.frontier_table, state, describe=self.listing.beyond_budget)
        self.frontier = FrontierClient(frontier, self._executor, self.worker)
        self.publisher = open_publisher(configuration.table("transport", TransportTable), state, IMAGES_SEEN)
        self.hashing_table = configuration.table("hashing", HashingTable)
        self.hashing = HashingPool(self.hashing_table)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Wiring:
        """Called by Scrapy. Raises `ConfigError` and `UnavailableError`, which end the process before it fetches."""
        wiring = cls(configuration_of(crawler.settings), crawler)
        crawler.signals.connect(wiring.close, signals.engine_stopped)
        return wiring

    async def close(self) -> None:
        """Called when the engine has stopped: no lease is under way any more."""
        await self.frontier.close()
        self.publisher.close()
        self.hashing.close()
        self._executor.shutdown()


def wiring_of(crawler: Crawler) -> Wiring:
    """The wiring of this crawler."""
    wiring = crawler.get_extension(Wiring)
    if wiring is None:
        raise ConfigError("the setting EXTENSIONS lacks crawler.fetching.wiring.Wiring: use crawler.settings")
    return wiring
