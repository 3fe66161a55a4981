"""An HTTP(S) server on loopback that answers as a test tells it, cut-off bodies and pauses included."""

import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from tests.services.redis_certificates import Certificate


class Asked(NamedTuple):
    """A request as it came."""

    target: str
    headers: Message

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    cut_after: int | None = None
    """So many bytes of the body are sent, then the connection is closed."""
    trickle: float | None = None
    """Seconds between one byte and the next."""
    wait: threading.Event | None = None
    """Answered when this is set."""


Answers = Callable[[Asked], Answer]


class ListServer:
    """Answers with `answers`, but first, one after the other, with what stands in `first`. Notes what it was asked."""

    def __init__(
        self, answers: Answers, *, certificate: Certificate | None = None, clients_of: Path | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self.first: deque[Answer] = deque()
        self.connections = 0
        self._answers = answers
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if certificate is not None:
            self._server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server.context.load_cert_chain(certificate.certificate, certificate.key)
            if clients_of is not None:
                self._server.context.verify_mode = ssl.CERT_REQUIRED
                self._server.context.load_verify_locations(clients_of)
        self.origin = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement of its headers

            def setup(self) -> None:
                super().setup()
                server.connections += 1

            def do_GET(self) -> None:
                asked = Asked(self.path, self.headers)
                server.asked.append(asked)
                answer = server.first.popleft() if server.first else server._answers(asked)
                if answer.wait is not None:
                    answer.wait.wait(30)
                try:
                    _send(self, answer, server._closing)
                except OSError:
                    self.close_connection = True  # The client has gone: some tests kill it.

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
                pass

        return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer, closing: threading.Event) -> None:
    handler.send_response_only(answer.status)
    headers = {"Date": handler.date_time_string(), "Content-Length": str(len(answer.body)), **answer.headers}
    if "Transfer-Encoding" in answer.headers:
        del headers["Content-Length"]
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    body = answer.body[: answer.cut_after]
    step = len(body) if answer.trickle is None else 1
    for at in range(0, len(body), step or 1):
        handler.wfile.write(body[at : at + step])
        if answer.trickle is not None and closing.wait(answer.trickle):
            break
    handler.close_connection = handler.close_connection or answer.cut_after is not None


def _hang_up(broken: ssl.SSLSocket) -> None:
    """Close so that the client gets to read why: with its own bytes unread, the system would cut it off instead."""
    with socket.socket(fileno=broken.detach()) as plain, suppress(OSError):
        plain.settimeout(5)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65_536):
            pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext | None = None

    def process_request_thread(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        if self.context is not None:
            # Here and not at accepting: a client that breaks its handshake off must not stop the others.
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            try:
                request.do_handshake()
            except OSError:
                _hang_up(request)
                return
        super().process_request_thread(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""
