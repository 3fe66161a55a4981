"""Shows one page of a site, as the crawler does. As a program: `python -m tests.browser.showing URL HTML [FOREVER]`."""

import asyncio
import sys
import time
from collections.abc import Sequence

from parsel import Selector

from crawler.browsing import BrowserTable, PageBrowser, Shown, Visit, open_browser
from crawler.contract.pages import Page
from crawler.contract.sites import SiteProfile
from crawler.sites import AddressScope, AllowedNetwork, ScopeTable, SiteDirectory
from spiders.registry import spider_of
from tests.services import machine

SITE, SECOND, PRIVATE, STRANGE = "127.0.0.2", "127.0.0.5", "127.0.0.3", "127.0.0.4"
"""Hosts: two of the site's, one that it names and that is out of scope, and one of nobody's."""
PROFILE = SiteProfile(name="site", type="other", hosts=(SITE, SECOND, PRIVATE, "localhost"), browser=True)


def directory() -> SiteDirectory:
    return SiteDirectory([PROFILE])


def scope() -> AddressScope:
    networks = tuple(
        AllowedNetwork(network=f"{host}/32", country="NL", reason="a test's own site")
        for host in (SITE, SECOND, STRANGE)
    )
    return AddressScope(ScopeTable(allow_networks=networks), time.time)


def browser(**limits: float | str) -> PageBrowser:
    machine.chromium()
    settled = {"quiet_seconds": 0.4, **limits}
    return open_browser(BrowserTable(**settled), directory(), scope())  # type: ignore[arg-type]  # by name, any of them


def visit(url: str, html: str, **more: Sequence[dict[str, str]] | dict[str, str]) -> Visit:
    return Visit(url, html, site="site", user_agent="Zoeklicht/1 (test)", **more)  # type: ignore[arg-type]  # ditto


def show(url: str, html: str, **limits: float) -> Shown:
    """The page, shown by a browser of its own."""

    async def once() -> Shown:
        own = browser(**limits)
        try:
            return await own.show(visit(url, html))
        finally:
            await own.close()

    return asyncio.run(once())


def links(url: str, shown: Shown) -> dict[str, str]:
    """What the crawler would find on the page: kinds by address, the site's own host left out."""
    host = "/".join(url.split("/")[:3])
    page = Page(url, Selector(shown.html, type="html"), PROFILE)
    return {link.url.removeprefix(host): link.kind for link in spider_of("other").links(page)}


if __name__ == "__main__":

    async def main() -> None:
        own = browser()
        shown = await own.show(visit(sys.argv[1], sys.argv[2]))
        print(shown.html, flush=True)  # noqa: T201  # what the test reads
        if sys.argv[3:]:
            await asyncio.sleep(3600)
        await own.close()

    asyncio.run(main())
