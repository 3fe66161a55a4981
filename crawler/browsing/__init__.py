"""The optional browser, for sites whose pages are made by scripts: a page goes in as fetched, and comes out shown.

It never asks for a page or a picture itself. What its scripts ask for goes through a proxy of our own, which lets
through what belongs to the page's own site and is in scope. Needs the extra `browser` and a Chromium on the machine.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from crawler.browsing.configuration import BrowserTable
from crawler.browsing.folder import in_memory
from crawler.browsing.visiting import BrowserFailedError, Shown, Visit
from crawler.contract.errors import ConfigError
from crawler.sites import AddressScope, SiteDirectory

__all__ = ["BrowserFailedError", "BrowserTable", "PageBrowser", "Shown", "Visit", "check_browser", "open_browser"]

_NOT_INSTALLED = (
    "A site's profile says `browser = true`, and Playwright is not installed. "
    "Install Zoeklicht with its extra `browser`, or leave that out of the profile."
)


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
        raise ConfigError(_NOT_INSTALLED) from None
    return Browser(table, directory, scope)


def check_browser(table: BrowserTable) -> None:
    """See that the browser could be started, without starting it. Raises `ConfigError` that says what is missing."""
    if find_spec("playwright") is None:
        raise ConfigError(_NOT_INSTALLED)
    if shutil.which(table.program) is None:
        raise ConfigError(
            f"[browser] program: there is no {table.program!r} here. "
            "Install Debian's package chromium, or name another."
        )
    in_memory(Path(table.folder))
