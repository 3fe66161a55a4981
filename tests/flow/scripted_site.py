"""A site whose every answer a test writes, and which remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    began: float
    ended: float


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    """Content-Length, where it is to be a lie."""
    seconds: float = 0.0


def page(*links: str) -> Reply:
    body = "".join(f'<a href="{link}">x</a>' for link in links).encode()
    return Reply(b"<html><body>" + body + b"</body></html>", headers={"Content-Type": "text/html"})


Script = Mapping[str, Reply | Callable[[int], Reply]]
"""By path; a function is given how often the path was asked for before."""


class ScriptedSite:
    def __init__(self, address: str, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                began = time.monotonic()
                before = sum(asked.path == self.path for asked in outer.asked)
                found = outer.script.get(self.path, Reply(status=404))
                reply = found(before) if callable(found) else found
                time.sleep(reply.seconds)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) if reply.announced is None else reply.announced))
                if reply.announced is not None:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(reply.body)
                outer.asked.append(Asked(self.path, dict(self.headers), began, time.monotonic()))

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.host = address
        self.url = f"http://{address}:{self.server.server_port}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def scripted_site(address: str, script: Script) -> Iterator[ScriptedSite]:
    site = ScriptedSite(address, script)
    thread = threading.Thread(target=site.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()
