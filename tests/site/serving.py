"""A folder on the web, as the simplest of web servers has it; it remembers what it was asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Served:
    """A folder that is being served."""

    def __init__(self, folder: Path, address: str, port: int) -> None:
        self.folder = folder
        self.address = address
        self.url = f"http://{address}:{port}/"
        self.asked: list[tuple[str, int]] = []
        """Each answered request: its path as a file's, relative to the folder, and the status."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, served: Served, **more: object) -> None:
        self._served = served
        # The base class declares what the server hands over, untyped here for shortness.
        super().__init__(*arguments, directory=str(served.folder), **more)  # type: ignore[arg-type]

    def log_request(self, code: object = "-", size: object = "-") -> None:
        del size
        assert isinstance(code, int)
        self._served.asked.append((file_of(self.path), int(code)))

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def file_of(url: str) -> str:
    """The path of the file that an address of a served folder stands for."""
    path = unquote(urlsplit(url).path).removeprefix("/")
    return f"{path}index.html" if path.endswith("/") or not path else path


@contextmanager
def serving(folder: Path, address: str) -> Iterator[Served]:
    """Serve the folder on that loopback address, on a free port."""
    with ThreadingHTTPServer((address, 0), SimpleHTTPRequestHandler) as server:
        served = Served(folder, address, server.server_address[1])
        server.RequestHandlerClass = partial(_Handler, served=served)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
