"""Videos are digested while they stream in, and never held: a download handler that looks at a body's first bytes.

Scrapy gathers a body as a whole. Here a tap stands between Twisted and Scrapy's reader: what begins like a video is fed
to the digests and dropped, anything else goes on to the reader as it came. It leans on three things that are private to
Scrapy's handler (the agent, its `_cb_bodyready`, the reader's `_finished`), which is why its version is pinned to one
minor release and `tests/flow/test_content.py` watches each.

To look at a video's first frames, too, the tap would keep so many of its first bytes and hand them to a decoder in a
process of its own; `VideoTap.dataReceived` is the place.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.protocol import Protocol, connectionDone
from twisted.web.iweb import UNKNOWN_LENGTH

from crawler.fetching.configuration import CrawlTable
from crawler.fetching.configured import configuration_of
from crawler.fetching.proxying import TunnellingAgent, TunnellingDownloadHandler
from crawler.hashing import Digester, is_video
from crawler.hashing.films import LOOKED_AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from twisted.web.client import Response as TxResponse

VIDEO = "video"
"""Under this name in a request's meta: the `Digester` of a video's bytes, whose response has no body."""


class StreamingDownloadHandler(TunnellingDownloadHandler):
    """Scrapy's own handler, with a tap on what is downloaded for a lease."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._limits = configuration_of(crawler.settings).table("crawl", CrawlTable)

    async def download_request(self, request: Request) -> Response:
        """As Scrapy's. What is no page, picture or archive within the usual cap, nor a video within its own, is cut."""
        if not {"lease", "again"} & request.meta.keys():
            return await super().download_request(request)
        agent = _StreamingAgent(
            self._limits,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=0,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        return await self.downloaded(agent, request)


class _StreamingAgent(TunnellingAgent):
    def __init__(self, limits: CrawlTable, **options: Any) -> None:  # Any: the options of Scrapy's agent, as they are
        super().__init__(**options)
        self._limits = limits
        self._began = time.monotonic()

    def _cb_bodyready(self, txresponse: TxResponse, request: Request) -> Any:  # Any: what Scrapy's gives
        return super()._cb_bodyready(cast("TxResponse", _Tapped(txresponse, request, self)), request)

    def patience(self, request: Request) -> None:
        """A video may take longer than other answers, as long as it comes on."""
        left = self._began + self._limits.max_video_seconds - time.monotonic()
        usual = request.meta.get("download_timeout") or self._limits.timeout_seconds
        alarm: Any = self._timeout_cl  # Any: Twisted's interfaces are no types
        if alarm.active():
            alarm.reset(max(0.0, min(usual, left)))

    def tap(self, reader: Any, request: Request, announced: int | None) -> VideoTap:
        """A tap before Scrapy's reader. Any: the reader is private to Scrapy."""
        return VideoTap(
            reader,
            too_large=announced is not None and announced > self._maxsize,
            most=self._limits.max_video_bytes,
            found=lambda digester: request.meta.__setitem__(VIDEO, digester),
            going=lambda: self.patience(request),
            # Scrapy aborts the connection then, as it does with all that is too large.
            cut=reader._finished.cancel,  # noqa: SLF001
        )

    @property
    def usual(self) -> int:
        """The cap of all but videos."""
        return self._maxsize

    @property
    def most(self) -> int:
        """The cap of videos."""
        return self._limits.max_video_bytes


class _Tapped:
    """Twisted's response, but for the two things that differ. Any: whatever else it has is handed on unseen."""

    def __init__(self, response: TxResponse, request: Request, agent: _StreamingAgent) -> None:
        self._response = response
        self._request = request
        self._agent = agent
        length = cast("Any", response.length)
        self._announced: int | None = None if length is UNKNOWN_LENGTH else int(length)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    @property
    def length(self) -> Any:
        """Not told to Scrapy where it is too much for all but a video: the first bytes will tell."""
        if self._announced is not None and self._agent.usual < self._announced <= self._agent.most:
            return UNKNOWN_LENGTH
        return self._response.length

    def deliverBody(self, reader: Any) -> None:  # noqa: N802  # Twisted's name
        """To Scrapy's reader, by way of the tap."""
        response: Any = self._response  # Any: untyped in Twisted
        response.deliverBody(self._agent.tap(reader, self._request, self._announced))


class VideoTap(Protocol):
    """Receives a body before its reader does."""

    def __init__(
        self,
        reader: Any,
        *,
        too_large: bool,
        most: int,
        found: Callable[[Digester], None],
        going: Callable[[], None],
        cut: Callable[[], None],
    ) -> None:
        """`too_large`: unless it is a video, which may have `most` bytes. Any: Scrapy's reader, a Twisted protocol."""
        self._reader = reader
        self._too_large = too_large
        self._most = most
        self._found = found
        self._going = going
        self._cut = cut
        self._start: bytes | None = b""
        self._digester: Digester | None = None
        self._is_cut = False

    def connectionMade(self) -> None:  # noqa: N802
        """Twisted's: the reader meets the same transport."""
        self._reader.makeConnection(self.transport)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Twisted's: the next bytes."""
        if self._is_cut:
            return
        if self._start is not None:
            self._start += data
            if len(self._start) >= LOOKED_AT:
                self._decide()
        elif self._digester is not None:
            self._digest(data)
        else:
            self._reader.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Twisted's: no more bytes. A body that was cut short is marked by the reader, as ever."""
        if self._start is not None and not self._is_cut:
            self._decide()
        self._reader.connectionLost(reason)

    def _decide(self) -> None:
        start, self._start = self._start or b"", None
        if is_video(start):
            self._digester = Digester()
            self._found(self._digester)
            self._digest(start)
        elif self._too_large:
            self._stop()
        elif start:
            self._reader.dataReceived(start)

    def _digest(self, data: bytes) -> None:
        assert self._digester is not None
        self._digester.feed(data)
        self._going()
        if self._digester.size > self._most:
            self._stop()

    def _stop(self) -> None:
        self._is_cut = True
        self._cut()
