"""What plain spiders make of a response, with the parsers of our sites, so that all sides crawl the same pages."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse

from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from crawler.sites.guard import acts
from spiders.registry import spider_of


def read(response: Response, profiles: Mapping[str, SiteProfile]) -> Iterator[Any]:
    """Pictures become items, links requests. Any: Scrapy's own type for what a callback yields."""
    if (response.headers.get("Content-Type") or b"").startswith(b"image/"):
        yield {
            "body": response.body,
            "url": response.url,
            "page_url": response.meta.get("page_url"),
            "fetched_at": datetime.now(UTC),
        }
    elif isinstance(response, TextResponse):
        profile = profiles[urlsplit(response.url).hostname or ""]
        for link in spider_of(profile.type).links(Page(response.url, response.selector, profile)):
            if not acts(link.url):
                priority = 1 if link.kind == "picture" else 0
                yield Request(link.url, meta={"page_url": response.url}, priority=priority)
