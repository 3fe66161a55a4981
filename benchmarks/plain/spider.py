"""scrapy-redis's own spider, over the parsers of our sites, so that both sides crawl the same pages."""

from collections.abc import Iterator
from typing import Any

from scrapy.http import Response
from scrapy_redis.spiders import RedisSpider

from benchmarks.plain.job import Job
from benchmarks.plain.reading import read
from crawler.contract.sites import SiteProfile


class PlainSpider(RedisSpider):  # type: ignore[misc]  # scrapy-redis ships no types
    """Reads its start addresses from a Redis list, as scrapy-redis's documentation has it."""

    name = "plain"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._profiles: dict[str, SiteProfile] = {host: site for site in job.sites for host in site.hosts}
        self.allowed_domains = list(self._profiles)

    def parse(self, response: Response) -> Iterator[Any]:
        """Called by Scrapy. Any: see `read`."""
        return read(response, self._profiles)
