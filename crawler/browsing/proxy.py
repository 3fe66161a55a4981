"""The only way out of the browser: a forward proxy on loopback, one for each page, that knows whose page it is.

Each connection is judged as the crawler's own are: the host has to belong to the page's site, each of its addresses is
judged, and the very address judged is the one connected to, so that no name can change its mind in between. Tunnels
(CONNECT, RFC 9110, 9.3.6) and plain requests (absolute form, RFC 9112, 3.2.2) are understood; nothing but GET and HEAD
is passed on where it can be seen.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from crawler.contract.reasons import Reason
from crawler.sites import AddressScope, SiteDirectory

_CHUNK = 64 * 1024
_MOST_HEAD = 64 * 1024
_HEAD_SECONDS = 10.0
_CONNECT_SECONDS = 10.0
_CONNECTIONS = 64
_HTTP, _HTTPS = 80, 443
_OWN_HOP = (b"connection:", b"proxy-connection:", b"keep-alive:", b"proxy-authorization:", b"upgrade:", b"te:")


class _RefusedError(Exception):
    def __init__(self, reason: Reason, status: str = "403 Forbidden") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = status


class ScopedProxy:
    """A proxy for one page; an asynchronous context manager. All its connections end with it."""

    def __init__(
        self,
        site: str,
        page_host: str,
        directory: SiteDirectory,
        scope: AddressScope,
        *,
        most_bytes: int,
        done: Callable[[], None],
    ) -> None:
        """`most_bytes`: let through towards the browser, in all. `done`: called once those are used up."""
        self._site = site
        self._page_host = page_host
        self._directory = directory
        self._scope = scope
        self._left = most_bytes
        self._done = done
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.refused: Counter[Reason] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MOST_HEAD)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:port`, as browsers want it told."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except _RefusedError as refusal:
            self.refused[refusal.reason] += 1
            writer.write(f"HTTP/1.1 {refusal.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the browser sees a connection that ended
        finally:
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        request, *headers = head[:-4].split(b"\r\n")
        method, target, _ = request.decode("latin-1").split(" ")
        if method == "CONNECT":
            parts = urlsplit(f"//{target}")
            upstream = await self._connect(parts.hostname, parts.port or _HTTPS)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            if parts.scheme != "http":
                raise _RefusedError(Reason.UNSUPPORTED_SCHEME)
            if method not in {"GET", "HEAD"}:
                raise _RefusedError(Reason.ACTING_LINK, "405 Method Not Allowed")
            upstream = await self._connect(parts.hostname, parts.port or _HTTP)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            kept = [header for header in headers if not header.lower().startswith(_OWN_HOP)]
            lines = [f"{method} {path} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close"]
            upstream[1].write(b"\r\n".join(lines) + b"\r\n\r\n")
        await self._pass_on(reader, writer, upstream, both_ways=method == "CONNECT")

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        both_ways: bool,
    ) -> None:
        """Until the site has said all. A plain connection carries one request: a second one has not been judged."""
        there = asyncio.create_task(self._pump(reader, upstream[1])) if both_ways else None
        try:
            await self._pump(upstream[0], writer, counted=True)
        finally:
            if there is not None:
                there.cancel()
                await asyncio.gather(there, return_exceptions=True)
            upstream[1].close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, counted: bool = False) -> None:
        while chunk := await source.read(_CHUNK):
            if counted:
                self._left -= len(chunk)
                if self._left < 0:
                    self.refused[Reason.RESPONSE_TOO_LARGE] += 1
                    self._done()
                    return
            sink.write(chunk)
            await sink.drain()

    async def _connect(self, host: str | None, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the site. Raises `_RefusedError` when it is not the site's or its address is out of scope."""
        if host is None or not self._belongs(host):
            raise _RefusedError(Reason.OUTSIDE_SITES)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _RefusedError(Reason.DNS_FAILED, "502 Bad Gateway") from None
        refusal = Reason.DNS_FAILED
        for *_, address in found:
            judged = self._scope.judge(str(ipaddress.ip_address(str(address[0]).partition("%")[0])))
            if isinstance(judged, Reason):
                refusal = judged
                continue
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(str(address[0]), port)
            except OSError:
                refusal = Reason.CONNECTION_FAILED
        raise _RefusedError(refusal)

    def _belongs(self, host: str) -> bool:
        """Whether the host is the page's own or another of its site; a page on a host of no site was reported."""
        site = self._directory.site_of(host)
        return host == self._page_host if site is None else site.name == self._site
