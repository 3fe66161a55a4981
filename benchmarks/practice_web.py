"""The practice web in a process of its own, painted beforehand, so that a crawl does not wait for a brush.

`python -m benchmarks.practice_web PICTURES LATENCY` serves it and prints one line of JSON; on SIGUSR1 it forgets what
was asked of it, for the next run.
"""

import contextlib
import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import msgspec

from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record
from zoeklicht.practice.configuration import practice_profiles
from zoeklicht.practice.server import CONTROL
from zoeklicht.practice.touched import Touched
from zoeklicht.practice.truth import Truth

SEED = 7
_START_SECONDS = 300.0
_ATTEMPTS = 20


class Ready(Record, frozen=True, kw_only=True):
    """What the process says once it serves."""

    port: int
    mean_pixels: int
    mean_bytes: int
    picture_urls: frozenset[str]
    """Of all picture files."""


class Web:
    """A running practice web."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Ready) -> None:
        self._process = process
        self.ready = ready
        self.truth = msgspec.json.decode(self._get("/-/truth"), type=Truth)
        self.known_csv = self._get("/-/known")

    @classmethod
    @contextmanager
    def serve(cls, *, pictures: int, latency: float) -> Iterator[Self]:
        """Start it; end it on leaving. Raises `RuntimeError` when it does not come up."""
        command = [sys.executable, "-m", "benchmarks.practice_web", str(pictures), str(latency)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError("The practice web did not start; what it said stands above.")
                yield cls(process, msgspec.json.decode(line, type=Ready))
            finally:
                process.terminate()

    @property
    def sites(self) -> Sequence[SiteProfile]:
        """Its sites, without a gap between requests."""
        return msgspec.convert(practice_profiles(port=self.ready.port, gap_seconds=0), list[SiteProfile])

    def touched(self) -> Touched:
        """What was asked of it so far."""
        return msgspec.json.decode(self._get("/-/touched"), type=Touched)

    def forget(self) -> None:
        """Count from zero again."""
        self._process.send_signal(signal.SIGUSR1)
        while self.touched().pages.requests:
            time.sleep(0.05)

    def _get(self, path: str) -> bytes:
        for _ in range(_ATTEMPTS):
            # Its one thread may be busy for a moment.
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                contextlib.closing(http.client.HTTPConnection(CONTROL, self.ready.port, timeout=10)) as connection,
            ):
                connection.request("GET", path)
                return connection.getresponse().read()
        raise RuntimeError("The practice web does not answer any more.")


def main(pictures: int, latency: float) -> None:
    """Build, paint, serve until told to end."""
    import io  # noqa: PLC0415  # only this process needs these

    from PIL import Image  # noqa: PLC0415
    from twisted.internet import reactor as installed  # noqa: PLC0415

    from zoeklicht.practice.server import Server  # noqa: PLC0415
    from zoeklicht.practice.web import build  # noqa: PLC0415

    reactor: Any = installed  # a module by type, several interfaces in truth
    server = Server(reactor, port=0, latency=latency)
    web = build(seed=SEED, pictures=pictures, port=server.port)
    web.shelf.fill()
    bodies = [web.body_of(answer) for answer in web.answers.values() if answer.kind == "picture"]
    pixels = []
    for body in bodies:
        with contextlib.suppress(OSError, Image.DecompressionBombError), Image.open(io.BytesIO(body)) as image:
            pixels.append(image.width * image.height)
    server.serve(web)
    # In the reactor's thread, between two requests.
    signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(server.serve, web))
    ready = Ready(
        port=server.port,
        mean_pixels=sum(pixels) // len(pixels),
        mean_bytes=sum(len(body) for body in bodies) // len(bodies),
        picture_urls=frozenset(web.urls("picture")),
    )
    print(msgspec.json.encode(ready).decode(), flush=True)
    reactor.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
