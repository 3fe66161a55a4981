"""The optional browser, for sites whose pages are made by scripts: a page goes in as fetched, and comes out shown.

It never asks for a page or a picture itself. What its scripts ask for goes through a proxy of our own, which lets
through what belongs to the page's own site and is in scope. Needs the extra `browser` and a Chromium on the machine.
"""

from typing import Protocol

from crawler.browsing.configuration import BrowserTable
from crawler.browsing.visiting import BrowserFailedError, Shown, Visit
from crawler.contract.errors import ConfigError
from crawler.sites import AddressScope, SiteDirectory

__all__ = ["BrowserFailedError", "BrowserTable", "PageBrowser", "Shown", "Visit", "open_browser"]


class PageBrowser(Protocol):
    """Shows pages, several at the same time; see `crawler.browsing.browser.Browser`."""

    async def show(self, visit: Visit) -> Shown:
        """The page after its scripts have run. Raises `BrowserFailedError`, which is worth another try."""

    async def close(self) -> None:
        """End the browser and forget all it kept. Harmless when it never ran."""


def open_browser(table: BrowserTable, directory: SiteDirectory, scope: AddressScope) -> PageBrowser:
    """A browser that starts with the first page it is to show. Raises `ConfigError` when the extra is not installed."""
    try:
        from crawler.browsing.browser import Browser  # noqa: PLC0415  # the extra may be missing, and is slow to load
    except ModuleNotFoundError:
        raise ConfigError(
            "A site's profile says `browser = true`, and Playwright is not installed. "
            "Install Zoeklicht with its extra `browser`, or leave that out of the profile."
        ) from None
    return Browser(table, directory, scope)
