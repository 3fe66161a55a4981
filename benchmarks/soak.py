"""Does a crawler's memory stay flat? `python -m benchmarks.soak --requests 200000` crawls so many small pages.

The pages are made up as they are asked for, on twenty addresses of this machine; one crawler process, embedded
adapters, no gap. What it leaves out: large pages and pictures, whose memory comes and goes with them (see
`benchmarks.chain`). Prints JSON.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measuring import processes
from zoeklicht.practice.configuration import OWN_MANDATE, write_configuration

_HOSTS = 20
_LINKS = 10
_EVERY = 1.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _word(number: int) -> str:
    """Pages that differ in a number only would look alike to a crawler, and do to a person."""
    return "".join(_LETTERS[number // 26**place % 26] for place in range(5))


def _page(path: str, pages: int) -> bytes:
    number = int(path[1:] or "0") if path[1:].isdigit() or path == "/" else pages
    if number >= pages:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    ways = range(number * _LINKS + 1, min(number * _LINKS + _LINKS + 1, pages))
    links = "".join(f'<p><a href="/{way}">{_word(way * 7919)}</a> {_word(way * 104_729)}</p>' for way in ways)
    body = f"<html><body><h1>{_word(number)} {_word(number * 31)}</h1>{links}</body></html>".encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class _Server:
    """Twenty hosts in one thread."""

    def __init__(self, pages: int) -> None:
        self.requests = 0
        self.port = 0
        self._pages = pages
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        for host in range(1, _HOSTS + 1):
            server = await asyncio.start_server(self._answer, f"127.0.1.{host}", self.port)
            self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                writer.write(_page(head.split(b" ", 2)[1].decode("ascii"), self._pages))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    wanted = parser.parse_args().requests
    server = _Server(wanted // _HOSTS)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "zoeklicht.toml"
        hosts = [f"127.0.1.{host}" for host in range(1, _HOSTS + 1)]
        seeds = [f"http://{host}:{server.port}/" for host in hosts]
        site = {"name": "soak", "type": "other", "hosts": hosts, "seeds": seeds, "gap_seconds": 0}
        allowed = {"network": "127.0.0.0/8", "country": "NL", "reason": "a benchmark on this machine"}
        tables = {"frontier": {"address_gap_seconds": 0}, "scope": {"allow_networks": [allowed]}}
        write_configuration(config, tables, [{**site, "mandate": dict(OWN_MANDATE)}], None)
        command = [sys.executable, "-m", "zoeklicht"]
        subprocess.run([*command, "keys", "create", "--config", str(config)], check=True, stdout=subprocess.DEVNULL)
        print(json.dumps(_watch([*command, "crawl", "--once", "--config", str(config)], server, wanted), indent=2))


def _watch(command: list[str], server: _Server, wanted: int) -> dict[str, object]:
    began = time.monotonic()
    seen: list[tuple[int, float]] = []
    with subprocess.Popen(command, start_new_session=True) as crawler:
        while crawler.poll() is None:
            time.sleep(_EVERY)
            seen += [(server.requests, p.resident / 2**20) for p in processes() if p.pid == crawler.pid and p.resident]
        failed = crawler.returncode != 0
    seconds = time.monotonic() - began
    at = {f"{share}%": _near(seen, wanted * share / 100) for share in (10, 25, 50, 75, 90, 100)}
    return {
        "machine": "shared: other work ran beside it",
        "requests": server.requests,
        "failed": failed,
        "requests_per_s": round(server.requests / seconds, 1),
        "resident_mib_at": at,
        "growth_mib_from_25_to_100": round(at["100%"] - at["25%"], 1),
    }


def _near(seen: list[tuple[int, float]], requests: float) -> float:
    """The memory when so many requests had been made."""
    return round(next((resident for made, resident in seen if made >= requests), seen[-1][1]), 1)


if __name__ == "__main__":
    main()
