"""A site's proxy, by its profile, without a hole in the scope: the name is resolved and judged here, not there.

The proxy is asked for a tunnel (CONNECT, RFC 9110, 9.3.6) to the judged address, as digits, for http and https alike.
(An http request in absolute form would not do: a proxy must then take the Host from the address asked for, RFC 9112,
3.2.2, and the site would not know which of its names is meant.) Inside the tunnel all is as without it: TLS is spoken
with the site, by its name. So the proxy must permit CONNECT to the ports that the site uses, 80 among them for http.

The proxy's own address is not judged: it is on record in the profile, and only that host and port are connected to.
"""

from __future__ import annotations

import asyncio
import base64
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientFactory, _ScrapyAgent
from scrapy.exceptions import CannotResolveHostError
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from crawler.fetching.resolver import installed_resolver
from crawler.fetching.verdicts import TryLater
from crawler.fetching.wiring import wiring_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.contract.access import Proxy

_MOST_ANSWERED = 16 * 1024
_PORTS = {"http": 80, "https": 443}
META = "through"
"""Where a request carries its `Through`."""

# Any below: zope's interfaces are no types that mypy could follow.


class Through(Record, frozen=True, kw_only=True):
    """Which proxy, and which judged address it is asked for. The repr hides both."""

    proxy_host: str
    """An address, as digits."""
    proxy_port: int
    authorization: bytes | None
    address: str
    """The site's, as digits: in scope when this was made."""

    def __repr__(self) -> str:
        return "Through(hidden)"


class ProxyFailedError(Exception):
    """The proxy did not open a tunnel. Its text says nothing of where to."""


class ProxyMiddleware:
    """Downloader middleware, the last before the download: whatever is asked of a site goes through its proxy."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ProxyMiddleware:
        """Called by Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Judge the site's address, and say through what it is reached. Raises when it is out of scope or unknown."""
        # Nobody else's word: neither the environment's nor a spider's.
        request.meta.pop("proxy", None)
        request.meta.pop(META, None)
        host = urlsplit(request.url).hostname or ""
        profile = wiring_of(self._crawler).directory.site_of(host)
        if profile is None or profile.proxy is None:
            return
        address = await installed_resolver().resolve_now(host)
        if isinstance(address, Reason):
            raise CannotResolveHostError  # whoever asked finds the refusal with the resolver
        request.meta[META] = await _through(profile.proxy, address)


class TunnellingAgent(_ScrapyAgent):
    """Scrapy's way to download one request, through a tunnel where the request is marked for one.

    It is private to Scrapy, whose version is pinned; the flow test of proxies notices when it moves.
    """

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install the wrong one

        through: Through | None = request.meta.get(META)
        if through is None:
            return super()._get_agent(request, timeout)
        # A tunnel serves one request: kept open it could outlive the decision that its address is in scope.
        pool = HTTPConnectionPool(reactor, persistent=False)  # type: ignore[no-untyped-call]
        pool._factory = _LenientHTTP11ClientFactory  # noqa: SLF001  # as Scrapy's own
        endpoints: Any = _Endpoints(reactor, through, self._contextFactory, timeout)
        return cast("Agent", Agent.usingEndpointFactory(reactor, endpoints, pool))  # type: ignore[no-untyped-call]


class TunnellingDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's download handler for http and https, with tunnels for the requests that `ProxyMiddleware` marked."""

    async def download_request(self, request: Request) -> Response:
        """See `HTTP11DownloadHandler`."""
        if META not in request.meta:
            return await super().download_request(request)
        agent = TunnellingAgent(
            contextFactory=self._contextFactory,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        return await self.downloaded(agent, request)

    async def downloaded(self, agent: TunnellingAgent, request: Request) -> Response:
        """What an agent downloads. Out of a tunnel it bears the site's judged address, not the proxy's."""
        through: Through | None = request.meta.get(META)
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(agent.download_request(request))
        except ProxyFailedError:
            raise TryLater(Reason.PROXY_FAILED) from None
        return response if through is None else response.replace(ip_address=ip_address(through.address))


@implementer(IAgentEndpointFactory)
class _Endpoints:
    def __init__(self, reactor: Any, through: Through, context: Any, timeout: float) -> None:
        self._reactor = reactor
        self._through = through
        self._context = context
        self._timeout = timeout

    def endpointForURI(self, uri: Any) -> Any:  # noqa: N802  # Twisted's name
        """See `IAgentEndpointFactory`."""
        tunnel: Any = _Tunnel(self._reactor, self._through, uri.port, self._timeout)
        if uri.scheme != b"https":
            return tunnel
        return wrapClientTLS(self._context.creatorForNetloc(uri.host, uri.port), tunnel)


@implementer(IStreamClientEndpoint)
class _Tunnel:
    """Connects to the proxy, has it connect on, and only then lets the protocol speak."""

    def __init__(self, reactor: Any, through: Through, port: int, timeout: float) -> None:
        is_v6 = ip_address(through.proxy_host).version == 6  # noqa: PLR2004
        endpoint = TCP6ClientEndpoint if is_v6 else TCP4ClientEndpoint
        self._proxy = endpoint(reactor, through.proxy_host, through.proxy_port, timeout)
        self._request = connect_request(through, port)

    def connect(self, factory: Any) -> Deferred[Any]:
        """See `IStreamClientEndpoint`."""
        opening = _Opening(self._request, factory)
        opened: Deferred[Any] = Deferred(lambda _: opening.abandon())
        opening.opened = opened
        connecting = self._proxy.connect(cast("Any", Factory.forProtocol(lambda: opening)))
        opening.connecting = connecting
        connecting.addErrback(opening.unreachable)
        return opened


class _Opening(Protocol):
    """The connection to the proxy, which becomes the tunnel."""

    def __init__(self, request: bytes, factory: Any) -> None:
        self._request = request
        self._factory = factory
        self._inner: Any = None
        self._answer = b""
        self.opened: Deferred[Any] | None = None
        self.connecting: Deferred[Any] | None = None

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        cast("Any", self.transport).write(self._request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        self._answer += data
        head, ended, rest = self._answer.partition(b"\r\n\r\n")
        if not ended:
            if len(self._answer) > _MOST_ANSWERED:
                self._fail()
            return
        status = head.split(b"\r\n", 1)[0].split(b" ")
        # What comes before we have spoken is not the site's: a proxy that says more than "it is open" is not trusted.
        if len(status) < 2 or status[1] != b"200" or rest:  # noqa: PLR2004
            self._fail()
            return
        assert self.transport is not None
        self._inner = self._factory.buildProtocol(cast("Any", self.transport).getPeer())
        self._inner.makeConnection(self.transport)
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.callback(self._inner)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802  # Twisted's name
        if self._inner is not None:
            self._inner.connectionLost(reason)
        else:
            self._fail()

    def unreachable(self, _: Failure) -> None:
        """The proxy itself could not be connected to."""
        self._fail()

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self.opened = None
        if self.transport is not None:
            cast("Any", self.transport).abortConnection()
        elif self.connecting is not None:
            self.connecting.cancel()

    def _fail(self) -> None:
        opened, self.opened = self.opened, None
        if self.transport is not None:
            cast("Any", self.transport).abortConnection()
        if opened is not None:
            opened.errback(ProxyFailedError())


def connect_request(through: Through, port: int) -> bytes:
    """What the proxy is asked: a tunnel to an address that was judged, written in digits."""
    address = ip_address(through.address)
    authority = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"  # noqa: PLR2004
    lines = [f"CONNECT {authority} HTTP/1.1".encode(), f"Host: {authority}".encode()]
    if through.authorization is not None:
        lines.append(b"Proxy-Authorization: " + through.authorization)
    return b"\r\n".join([*lines, b"", b""])


async def _through(proxy: Proxy, address: str) -> Through:
    parts = urlsplit(proxy.address)
    if parts.hostname is None or parts.port is None:
        raise TryLater(Reason.PROXY_FAILED)
    authorization = None
    if proxy.credentials_file is not None:
        try:
            credentials = await asyncio.to_thread(read_secret, proxy.credentials_file, "proxy.credentials_file")
        except ConfigError:
            raise TryLater(Reason.PROXY_FAILED) from None
        authorization = b"Basic " + base64.b64encode(credentials.encode())
    places = await installed_resolver().resolve_unjudged(parts.hostname)
    if not places:
        raise TryLater(Reason.PROXY_FAILED)
    return Through(proxy_host=places[0], proxy_port=parts.port, authorization=authorization, address=address)
