"""Tells pictures from pages by what they are, not by what they are called; and once more where they came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from crawler.contract.reasons import Reason
from crawler.contract.records import Peer
from crawler.fetching.picture import FetchedPicture
from crawler.fetching.scheduler import scheduler_of
from crawler.fetching.verdicts import Refused, TryLater
from crawler.fetching.wiring import wiring_of
from crawler.hashing.formats import format_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import Lease

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_NO_PICTURE = {Reason.EMPTY, Reason.NOT_A_PICTURE}
_PORTS = {"http": 80, "https": 443}


def media_type_of(response: Response) -> str | None:
    """The media type as the server named it, without parameters, lower case; None when it named none."""
    header = response.headers.get("Content-Type")
    if not header:
        return None
    return header.decode("latin-1").partition(";")[0].strip().lower()[:200] or None


class ContentMiddleware:
    """Downloader middleware, the last to see a response: leaves a `FetchedPicture` in its meta, or a page to parse."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ContentMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Hand on what can be read; raise `Refused` for what is neither page nor picture or came from elsewhere."""
        lease: Lease | None = request.meta.get("lease")
        if lease is None:
            return response
        wiring, scheduler = wiring_of(self._crawler), scheduler_of(self._crawler)
        peer = self._peer(response)
        truncated = "dataloss" in response.flags
        if truncated and lease.target.attempt + 1 < wiring.crawl.max_attempts:
            raise TryLater(Reason.CONNECTION_FAILED)
        media_type = media_type_of(response)
        called_page = media_type in _PAGE_TYPES
        called_picture = (media_type or "").startswith("image/") or lease.target.kind == "picture"
        if format_of(response.body) not in _NO_PICTURE or (called_picture and not called_page):
            request.meta["picture"] = FetchedPicture(
                response.body,
                lease=lease,
                peer=peer,
                at=datetime.now(UTC),
                status=response.status,
                media_type=media_type,
                truncated=truncated,
            )
            scheduler.answered(lease)
            return response.replace(body=b"")
        if called_page or (media_type is None and b"<" in response.body[:1024]):
            scheduler.answered(lease)
            return response if isinstance(response, HtmlResponse) else response.replace(cls=HtmlResponse)
        raise Refused(Reason.NOT_A_PAGE)

    def _peer(self, response: Response) -> Peer:
        """Who answered. The resolver has judged the address already; a connection from anywhere else is refused."""
        if response.ip_address is None:
            raise Refused(Reason.ADDRESS_NOT_PUBLIC)
        ip = str(response.ip_address)
        judged = wiring_of(self._crawler).scope.judge(ip)
        if isinstance(judged, Reason):
            raise Refused(judged)
        parts = urlsplit(response.url)
        return Peer(ip=ip, port=parts.port or _PORTS[parts.scheme], country=judged)
