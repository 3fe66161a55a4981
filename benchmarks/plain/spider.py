"""scrapy-redis's own spider, over the parsers of our sites, so that both sides crawl the same pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from scrapy_redis.spiders import RedisSpider

from benchmarks.plain.job import Job
from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from crawler.sites.guard import acts
from spiders.registry import spider_of


class PlainSpider(RedisSpider):  # type: ignore[misc]  # scrapy-redis ships no types
    """Reads its start addresses from a Redis list, as scrapy-redis's documentation has it."""

    name = "plain"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._profiles: dict[str, SiteProfile] = {host: site for site in job.sites for host in site.hosts}
        self.allowed_domains = list(self._profiles)

    def parse(self, response: Response) -> Iterator[Any]:
        """Pictures become items, links requests. Any: Scrapy's own type for what a callback yields."""
        if (response.headers.get("Content-Type") or b"").startswith(b"image/"):
            yield {
                "body": response.body,
                "url": response.url,
                "page_url": response.meta.get("page_url"),
                "fetched_at": datetime.now(UTC),
            }
        elif isinstance(response, TextResponse):
            profile = self._profiles[urlsplit(response.url).hostname or ""]
            for link in spider_of(profile.type).links(Page(response.url, response.selector, profile)):
                if not acts(link.url):
                    priority = 1 if link.kind == "picture" else 0
                    yield Request(link.url, meta={"page_url": response.url}, priority=priority)
