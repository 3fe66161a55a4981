"""A site whose every answer a test writes, and which remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    began: float
    ended: float
    method: str = "GET"
    body: bytes = b""

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came with it."""
        return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    """Content-Length, where it is to be a lie."""
    seconds: float = 0.0
    cookies: tuple[str, ...] = ()
    """Set-Cookie headers."""


@dataclass(frozen=True)
class Seen:
    """In a script: a function that is given the whole request."""

    reply: Callable[[Asked], Reply]


def page(*links: str) -> Reply:
    body = "".join(f'<a href="{link}">{link}</a>' for link in links).encode()
    return Reply(b"<html><body>" + body + b"</body></html>", headers={"Content-Type": "text/html"})


Script = Mapping[str, Reply | Callable[[int], Reply] | Seen]
"""By path; a function is given how often the path was asked for before. `*` answers what no path does."""


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
                found = outer.script.get(self.path) or outer.script.get("*") or Reply(status=404)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if isinstance(found, Seen):
                    reply = found.reply(Asked(self.path, dict(self.headers), began, began, self.command, body))
                else:
                    reply = found(before) if callable(found) else found
                time.sleep(reply.seconds)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                for cookie in reply.cookies:
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Length", str(len(reply.body) if reply.announced is None else reply.announced))
                if reply.announced is not None:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(reply.body)
                asked = Asked(self.path, dict(self.headers), began, time.monotonic(), self.command, body)
                outer.asked.append(asked)

            do_POST = do_GET  # noqa: N815  # http.server's name

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
