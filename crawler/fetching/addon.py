"""Takes `[crawl]` into Scrapy's settings, however the crawl was started, and sees to it that nothing is logged raw."""

import logging

from scrapy.settings import BaseSettings

from crawler.contract.logs import configure
from crawler.fetching.configuration import CrawlTable
from crawler.fetching.configured import configuration_of


class ConfiguredAddon:
    """A Scrapy add-on."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before anything else of the crawl is made. Raises `ConfigError`."""
        limits = configuration_of(settings).table("crawl", CrawlTable)
        for name, value in {
            "USER_AGENT": limits.user_agent,
            "CONCURRENT_REQUESTS": limits.concurrent_requests,
            "DOWNLOAD_TIMEOUT": limits.timeout_seconds,
            "DOWNLOAD_MAXSIZE": limits.max_response_bytes,
        }.items():
            settings.set(name, value, priority="addon")
        if not logging.getLogger().handlers:
            configure()  # else Python's last resort would print warnings as they are, addresses included
