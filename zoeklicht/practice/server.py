"""Serves the practice web with Twisted, each host on an address of its own, and its counts on a control address."""

import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.error import CannotListenError
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from crawler.contract.errors import ConfigError
from zoeklicht.practice.answers import Answer
from zoeklicht.practice.asked import Asked
from zoeklicht.practice.opened import OpenedWeb
from zoeklicht.practice.touched import Touches
from zoeklicht.practice.truth import as_json, known_csv
from zoeklicht.practice.web import ADDRESSES, PracticeWeb

CONTROL = "127.0.0.1"
"""Asked at the port of all: `/-/touched` gives a `Touched`, `/-/truth` the truth, `/-/known` the known list (CSV).

`/-/grow` makes new pictures appear (`Truth.later`), and says how often it was asked for. Anything else asked of this
address counts as forbidden.
"""

_PORT_ATTEMPTS = 20
_BACKLOG = 200
_NOT_MODIFIED = 304
_PORT = re.compile(r":\d+$")

Reactor = Any
"""Twisted's reactor: several interfaces at once, for which there is no type."""
Request = Any
"""A `twisted.web.server.Request`, whose methods have no types."""


class Server:
    """Listens on every address of the practice web. What is served is given afterwards, since it names the port."""

    def __init__(self, reactor: Reactor, *, port: int, latency: float) -> None:
        """`port` 0 takes a free one; `latency`: seconds an answer takes. Raises `ConfigError` when it cannot listen."""
        self._hosts = _Hosts(reactor, latency)
        self._control = _Control()
        self.port = self._listen(reactor, port)

    def serve(self, web: PracticeWeb) -> None:
        """Answer from this web from now on. Before, there is nothing to answer with."""
        touches = Touches(time.monotonic)
        self._hosts.open(web, touches)
        self._control.open(web, touches)

    def _listen(self, reactor: Reactor, port: int) -> int:
        """Listen everywhere on one port and return it, or nowhere."""
        hosts, control = _quiet(self._hosts), _quiet(self._control)
        for attempt in range(_PORT_ATTEMPTS):
            listening: list[Any] = []  # Any: Twisted's interfaces, as for the reactor
            chosen = port
            try:
                for address in (CONTROL, *ADDRESSES):
                    site = control if address == CONTROL else hosts
                    listening.append(reactor.listenTCP(chosen, site, backlog=_BACKLOG, interface=address))
                    chosen = listening[0].getHost().port
            except CannotListenError as error:
                for each in listening:
                    each.stopListening()
                if port or not listening or attempt == _PORT_ATTEMPTS - 1:
                    raise ConfigError(
                        f"The practice web cannot listen on {error.interface}:{error.port}. Choose another --port, or "
                        "0 for any free one. It needs all of 127.0.0.0/8: Linux has it, macOS one alias an address."
                    ) from None
            else:
                return chosen
        raise AssertionError("the last attempt raises or returns")


class _QuietSite(Site):
    """Keeps no log: addresses do not belong in any."""

    def log(self, request: object) -> None:
        """Says nothing."""


def _quiet(resource: Resource) -> Site:
    return _QuietSite(resource)  # type: ignore[no-untyped-call]  # twisted.web has no types


class _Hosts(Resource):
    """Answers for every host: which one is told by the address that was connected to, not by what the client says."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, reactor: Reactor, latency: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self._reactor = reactor
        self._latency = latency
        self._web: PracticeWeb | None = None
        self._opened: OpenedWeb | None = None

    def open(self, web: PracticeWeb, touches: Touches) -> None:
        self._web, self._opened = web, OpenedWeb(web, touches)

    def render(self, request: Request) -> bytes | int:
        if self._opened is None:
            request.setResponseCode(503)
            return b""
        touches = self._opened.touches
        asked = _asked(request)
        answer = self._opened.answer(asked)
        if not self._latency:
            touches.end(asked)
            return self._respond(request, answer)
        gone = False

        def over(_: object) -> None:
            nonlocal gone
            gone = True
            touches.end(asked)

        def respond() -> None:
            if not gone:
                request.write(self._respond(request, answer))
                request.finish()

        request.notifyFinish().addBoth(over)
        self._reactor.callLater(self._latency, respond)
        return NOT_DONE_YET

    def _respond(self, request: Request, answer: Answer | None) -> bytes:
        assert self._web is not None
        if answer is None:
            request.setResponseCode(404)
            return b"<!doctype html><title>Not found</title>"
        request.setResponseCode(answer.status)
        for name, value in answer.headers.items():
            request.setHeader(name.encode(), value.encode())
        if answer.location is not None:
            request.setHeader(b"location", answer.location.encode())
        if answer.status == _NOT_MODIFIED:
            return b""
        body = self._web.body_of(answer)
        request.setHeader(b"content-type", answer.media_type.encode())
        request.setHeader(b"content-length", str(len(body)).encode())
        return b"" if request.method == b"HEAD" else body


def _asked(request: Request) -> Asked:
    headers = {
        name.decode("latin-1").lower(): values[0].decode("latin-1")
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    fields = request.args.items() if request.method == b"POST" else ()
    return Asked(
        address=request.getHost().host,
        name=_PORT.sub("", headers.get("host", "")),
        target=request.uri.decode("latin-1"),
        method=request.method.decode("latin-1"),
        headers=headers,
        form={name.decode("latin-1"): values[0].decode("latin-1") for name, values in fields},
    )


class _Control(Resource):
    """Answers what tests and benchmarks want to know."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self._answers: dict[bytes, tuple[bytes, Callable[[], bytes]]] = {}
        self._touches: Touches | None = None

    def open(self, web: PracticeWeb, touches: Touches) -> None:
        self._touches = touches
        truth, known = as_json(web.truth), known_csv(web.known)
        self._answers = {
            b"/-/touched": (b"application/json", lambda: msgspec.json.encode(touches.report())),
            b"/-/truth": (b"application/json", lambda: truth),
            b"/-/known": (b"text/csv", lambda: known),
            b"/-/grow": (b"application/json", self._grow),
        }

    def _grow(self) -> bytes:
        assert self._touches is not None
        self._touches.note("grown")
        return msgspec.json.encode({"grown": self._touches.grown})

    def render(self, request: Request) -> bytes:
        found = self._answers.get(request.uri)
        if found is None:
            if self._touches is not None:
                self._touches.wrong("private")
            request.setResponseCode(404 if self._answers else 503)
            return b""
        media_type, answer = found
        request.setHeader(b"content-type", media_type)
        return answer()
