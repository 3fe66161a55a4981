"""Reads hand-written HTML the way the crawler does."""

from collections.abc import Sequence

from parsel import Selector

from crawler.contract.pages import Link, Page
from crawler.contract.records import SiteType
from crawler.contract.sites import SiteProfile
from spiders.registry import spider_of

URL = "http://site.example/dir/page.html"


def read(
    html: str,
    site_type: SiteType = "other",
    *,
    picture_links: Sequence[str] = (),
    page_links: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """The links of a page at `URL` as (kind, address), the site's own host left out of the address."""
    profile = SiteProfile(
        name="site",
        type=site_type,
        hosts=("site.example",),
        picture_links=tuple(picture_links),
        page_links=tuple(page_links),
    )
    found = spider_of(site_type).links(Page(URL, Selector(html), profile))
    return [(link.kind, link.url.removeprefix("http://site.example")) for link in found]


def links(html: str, site_type: SiteType = "other", *, url: str = URL) -> dict[str, Link]:
    """The links of a page by address, the site's own host left out of it."""
    found = spider_of(site_type).links(page(html, site_type, url=url))
    return {link.url.removeprefix("http://site.example"): link for link in found}


def page(html: str, site_type: SiteType = "other", *, url: str = URL, stylesheet: str | None = None) -> Page:
    """A page of the site."""
    profile = SiteProfile(name="site", type=site_type, hosts=("site.example",))
    return Page(url, Selector(html, type="html"), profile, stylesheet=stylesheet)
