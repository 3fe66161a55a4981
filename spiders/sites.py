"""The one Scrapy spider: it hands each page to the spider of its site's type. Pictures and archives pass by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.http import TextResponse

from crawler.contract.pages import Page
from crawler.contract.reasons import Reason
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
        """Pictures, archives and videos as they are; of pages and style sheets, the links and the pictures they hold.

        A page that needs a script gives `Reason.NEEDS_SCRIPT`, too: what links it has are followed all the same.
        Any: Scrapy's own type for what a callback yields.
        """
        picture = response.meta.get("picture")
        if picture is not None:
            yield picture
            return
        assert isinstance(response, TextResponse)
        profile: SiteProfile = response.meta["profile"]
        page = Page(response.url, response.selector, profile, stylesheet=response.meta.get("stylesheet"))
        spider = spider_of(profile.type)
        if page.stylesheet is None and spider.needs_script(page):
            yield Reason.NEEDS_SCRIPT
        for link in spider.links(page):
            yield link
        for embedded in spider.embedded(page):
            # Where it comes from stands in the response; spiders know nothing of that.
            yield response.meta["embedded"](embedded)
