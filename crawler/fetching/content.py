"""Tells pictures from pages by what they are, not by what they are called; and once more where they came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse

from crawler.contract.reasons import Reason
from crawler.contract.records import Peer
from crawler.fetching.archives import passwords_for
from crawler.fetching.picture import FetchedPicture
from crawler.fetching.recalling import REMEMBERED, unchanged
from crawler.fetching.scheduler import scheduler_of
from crawler.fetching.streaming import VIDEO
from crawler.fetching.verdicts import Refused, TryLater
from crawler.fetching.wiring import wiring_of
from crawler.hashing import Digester, Hashed, is_video
from crawler.hashing.formats import format_of
from crawler.unpacking import kind_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.contract.frontier import FoundKind, Lease
    from crawler.contract.pages import EmbeddedPicture
    from crawler.contract.reports import Report
    from crawler.contract.sites import SiteProfile

STYLESHEET = "stylesheet"
"""Under this name in a response's meta: the text of a style sheet, to be read as a page."""
EMBEDDED = "embedded"
"""Under this name: what makes a `FetchedPicture` of a picture that the page itself holds."""

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_STYLESHEET_TYPE = "text/css"
_STYLESHEET_BYTES = 4 * 2**20
"""A larger one is no style sheet that somebody wrote; reading it would hold everything else up."""
_NO_PICTURE = {Reason.EMPTY, Reason.NOT_A_PICTURE}
_NOT_MODIFIED = 304
_PORTS = {"http": 80, "https": 443}


def media_type_of(response: Response) -> str | None:
    """The media type as the server named it, without parameters, lower case; None when it named none."""
    header = response.headers.get("Content-Type")
    if not header:
        return None
    return header.decode("latin-1").partition(";")[0].strip().lower()[:200] or None


def found_in(body: bytes, media_type: str | None, *, wanted_picture: bool) -> FoundKind | None:
    """What a body is, by its first bytes, and by what it is called where these leave it open. None: nothing to read."""
    if format_of(body) not in _NO_PICTURE:
        return "picture"
    if kind_of(body) is not None:
        return "archive"
    called = media_type or ""
    if is_video(body) or called.startswith("video/"):
        return "video"
    if called in _PAGE_TYPES or (called == _STYLESHEET_TYPE and not wanted_picture):
        return "page"
    if called.startswith("image/") or wanted_picture:
        return "picture"
    return "page" if media_type is None and b"<" in body[:1024] else None


class ContentMiddleware:
    """Downloader middleware, the last to see a response: leaves a `FetchedPicture` in its meta, or a page to parse."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ContentMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Hand on what can be read; raise `Refused` for what is neither page nor picture or came from elsewhere."""
        lease: Lease | None = request.meta.get("lease")
        if lease is None:
            return response
        wiring, scheduler = wiring_of(self._crawler), scheduler_of(self._crawler)
        peer = self._peer(response)
        if response.status == _NOT_MODIFIED:
            request.meta["picture"] = unchanged(request.meta[REMEMBERED], lease, peer)
            scheduler.answered(lease)
            return response
        truncated = "dataloss" in response.flags
        if truncated and lease.target.attempt + 1 < wiring.crawl.max_attempts:
            raise TryLater(Reason.CONNECTION_FAILED)
        media_type, at = media_type_of(response), datetime.now(UTC)

        def fetched(body: bytes, *, media_type: str | None, found: FoundKind = "picture") -> FetchedPicture:
            return FetchedPicture(
                body,
                lease=lease,
                peer=peer,
                at=at,
                status=response.status,
                media_type=media_type,
                truncated=truncated,
                found=found,
            )

        def embedded(picture: EmbeddedPicture) -> FetchedPicture:
            inside = fetched(picture.body, media_type=picture.media_type)
            inside.path_inside = picture.place
            inside.truncated = False
            return inside

        digester: Digester | None = request.meta.pop(VIDEO, None)
        kind = _kind_of(response, digester, media_type, wanted_picture=lease.target.kind == "picture")
        if kind == "page":
            if media_type == _STYLESHEET_TYPE:
                request.meta[STYLESHEET] = _text_of_stylesheet(response)
                response = response.replace(body=b"", cls=HtmlResponse, encoding="utf-8")
            request.meta[EMBEDDED] = embedded
            scheduler.answered(lease)
            return response if isinstance(response, HtmlResponse) else response.replace(cls=HtmlResponse)
        picture = fetched(response.body, media_type=media_type, found=kind)
        if kind == "video":
            _digested(picture, digester)
        elif kind == "archive":
            profile: SiteProfile = request.meta["profile"]
            picture.passwords = tuple(passwords_for(profile, await self._report(lease)))
        request.meta["picture"] = picture
        scheduler.answered(lease)
        return response.replace(body=b"")

    async def _report(self, lease: Lease) -> Report | None:
        if lease.target.report_id is None:
            return None
        return await wiring_of(self._crawler).frontier.report(lease.target.report_id)

    def _peer(self, response: Response) -> Peer:
        """Who answered. The resolver has judged the address already; a connection from anywhere else is refused."""
        if response.ip_address is None:
            raise Refused(Reason.ADDRESS_NOT_PUBLIC)
        ip = str(response.ip_address)
        judged = wiring_of(self._crawler).scope.judge(ip)
        if isinstance(judged, Reason):
            raise Refused(judged)
        parts = urlsplit(response.url)
        return Peer(
            ip=ip,
            port=parts.port or _PORTS[parts.scheme],
            country=judged.country,
            asn=judged.asn,
            cdn=judged.cdn,
        )


def _kind_of(
    response: Response, digester: Digester | None, media_type: str | None, *, wanted_picture: bool
) -> FoundKind:
    if digester is not None:
        return "video"
    kind = found_in(response.body, media_type, wanted_picture=wanted_picture)
    if kind is None:
        raise Refused(Reason.NOT_A_PAGE)
    return kind


def _text_of_stylesheet(response: Response) -> str:
    if len(response.body) > _STYLESHEET_BYTES:
        raise Refused(Reason.RESPONSE_TOO_LARGE)
    return TextResponse(response.url, headers=response.headers, body=response.body).text


def _digested(video: FetchedPicture, digester: Digester | None) -> None:
    """Give the video its digests: those made while it streamed in, or of one that only its name gave away."""
    if digester is None:
        digester = Digester()
        digester.feed(video.body)
        video.body = b""
    video.hashed = Hashed(digests=digester.digests(), undecoded=Reason.VIDEO)
    video.size = digester.size
