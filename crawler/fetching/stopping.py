"""The kill switch, for what is under way: once a site is stopped, nothing more of it is asked for, read or hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import StopDownload

from crawler.fetching.scheduler import scheduler_of
from crawler.fetching.verdicts import Withdrawn

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.contract.frontier import Lease


class StopMiddleware:
    """Downloader middleware around all others."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StopMiddleware:
        """Called by Scrapy."""
        middleware = cls(crawler)
        for signal in (signals.headers_received, signals.bytes_received):
            crawler.signals.connect(middleware.receiving, signal)
        return middleware

    def process_request(self, request: Request) -> None:
        """Raise `Withdrawn` instead of asking a stopped site."""
        if self._stopped(request):
            raise Withdrawn

    def process_response(self, request: Request, response: Response) -> Response:
        """Raise `Withdrawn` instead of reading an answer of a stopped site."""
        if self._stopped(request):
            raise Withdrawn
        return response

    def receiving(self, request: Request, **_: Any) -> None:
        """Break off a download that is under way. Any: Scrapy's signals say more than is needed."""
        if self._stopped(request):
            raise StopDownload(fail=False)

    def _stopped(self, request: Request) -> bool:
        gates = scheduler_of(self._crawler).gates
        if not gates.any_stopped:
            return False
        lease: Lease | None = request.meta.get("lease")
        return lease is not None and gates.stopped(lease.target.site)
