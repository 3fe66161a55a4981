"""Pages of sites that are made by scripts (`browser = true`) are shown to a browser before they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request, signals
from scrapy.http import HtmlResponse, Response, TextResponse

from crawler.browsing import BrowserFailedError, BrowserTable, PageBrowser, Visit, open_browser
from crawler.contract.reasons import Reason
from crawler.fetching.configured import configuration_of
from crawler.fetching.content import found_in, media_type_of
from crawler.fetching.verdicts import TryLater
from crawler.fetching.wiring import wiring_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import Lease
    from crawler.contract.sites import SiteProfile

REFUSED_TO_SCRIPTS = "refused_to_scripts"
"""Under this name in a page's meta: how many of its scripts' requests were refused, by reason."""

_STYLESHEET = "text/css"
"""Read as a page is, and needs no browser."""


class BrowserMiddleware:
    """Downloader middleware, between the status and the content of a response: while a page is shown, its host rests.

    The browser is given the page as it was fetched and asks for nothing that is no script's; see `crawler.browsing`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._browser: PageBrowser | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BrowserMiddleware:
        """Called by Scrapy."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.close, signals.engine_stopped)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Response:
        """The page as it is once its scripts have run; anything else as it came. Raises `TryLater`."""
        lease: Lease | None = request.meta.get("lease")
        profile: SiteProfile | None = request.meta.get("profile")
        if lease is None or profile is None or not profile.browser or not _is_page(lease, response):
            return response
        try:
            shown = await self._opened().show(_visit(request, response, profile))
        except BrowserFailedError:
            raise TryLater(Reason.BROWSER_FAILED) from None
        request.meta[REFUSED_TO_SCRIPTS] = shown.refused
        headers = response.headers.copy()
        headers["Content-Type"] = "text/html; charset=utf-8"
        body = shown.html.encode("utf-8", "replace")
        return response.replace(cls=HtmlResponse, body=body, headers=headers, encoding="utf-8")

    async def close(self) -> None:
        """Called when the engine has stopped."""
        if self._browser is not None:
            await self._browser.close()

    def _opened(self) -> PageBrowser:
        if self._browser is None:
            wiring = wiring_of(self._crawler)
            table = configuration_of(self._crawler.settings).table("browser", BrowserTable)
            self._browser = open_browser(table, wiring.directory, wiring.scope)
        return self._browser


def _is_page(lease: Lease, response: Response) -> bool:
    media_type = media_type_of(response)
    wanted_picture = lease.target.kind == "picture"
    return media_type != _STYLESHEET and found_in(response.body, media_type, wanted_picture=wanted_picture) == "page"


def _visit(request: Request, response: Response, profile: SiteProfile) -> Visit:
    return Visit(
        response.url,
        response.text if isinstance(response, TextResponse) else response.body.decode("utf-8", "replace"),
        site=profile.name,
        user_agent=_header(request, "User-Agent") or "",
        cookies=_cookies(request),
        headers={name: value for name in ("Authorization",) if (value := _header(request, name)) is not None},
    )


def _cookies(request: Request) -> list[dict[str, str]]:
    """The session, as the page's own request carried it."""
    pairs = (pair.strip().partition("=") for pair in (_header(request, "Cookie") or "").split(";"))
    return [{"name": name, "value": value, "url": request.url} for name, _, value in pairs if name]


def _header(request: Request, name: str) -> str | None:
    value = request.headers.get(name)
    return value.decode("utf-8", "replace") if value else None
