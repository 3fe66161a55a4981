"""The one Scrapy spider: it hands each page to the spider of its site's type. Pictures pass by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.http import TextResponse

from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from spiders.registry import spider_of


class SitesSpider(scrapy.Spider):
    """Crawls all configured sites. Requests come from the frontier only, so it starts with none."""

    name = "sites"

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: seeds are in the frontier."""
        nothing: tuple[scrapy.Request, ...] = ()
        for request in nothing:
            yield request

    async def parse(self, response: scrapy.http.Response) -> AsyncIterator[Any]:
        """Pictures as they are; of pages, the links. Any: Scrapy's own type for what a callback yields."""
        picture = response.meta.get("picture")
        if picture is not None:
            yield picture
            return
        assert isinstance(response, TextResponse)
        profile: SiteProfile = response.meta["profile"]
        for link in spider_of(profile.type).links(Page(response.url, response.selector, profile)):
            yield link
