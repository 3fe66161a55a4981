"""The first and the eighth guarantee: no pixels outside memory, no address in clear outside the frontier.

Every file that a role or a child of it opens for writing is traced at the kernel; every file, topic, index and log
that a run leaves behind is searched for the bytes of the pictures it fetched and for the addresses it knows.
"""

import base64
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.flow.chain import Chain, Tables, Web, document_for, practice_web
from tests.flow.tracing import assert_only_stores_were_written, traced
from tests.services import machine
from tests.services.elasticsearch import ElasticsearchServer

_WINDOW = 48


@pytest.fixture
def strace() -> str:
    return machine.strace()


def test_roles_write_only_where_they_should(strace: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with practice_web(tmp_path) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {}), wrap=traced(strace, trace))
        try:
            chain.prepare(web.known)
            chain.finish(chain.start("crawl", "--once"), timeout=240)
            assert_only_stores_were_written(trace)
        finally:
            chain.stop()


def test_nothing_left_behind_holds_pixels_or_addresses(
    tables: Tables, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    servers = ("redis", "kafka", "elasticsearch") if tables else ()
    folders = [request.getfixturevalue(f"{name}_server").folder for name in servers]
    # Servers append: what other tests wrote before is theirs, and may be a gigabyte.
    before = {path: _state(path) for path in _files(*folders)}
    with practice_web(tmp_path) as web:
        chain = Chain(tmp_path / "chain", document_for(web, tables))
        try:
            chain.prepare(web.known)
            chain.finish(chain.start("crawl", "--once"))
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            files = _files(chain.folder, *folders)
            assert files

            pixels = list(_needles(web))
            addresses = [each.url.partition("://")[2].partition("/")[2].encode() for each in web.truth.planted]
            assert len(pixels) > 50
            assert all(len(address) > 8 for address in addresses)
            truth = (tmp_path / "truth.json").read_bytes()
            assert all(address in truth for address in addresses), "this search would find nothing"
            left = {str(path): content for path in files if (content := _content(path, before.get(path))) is not None}
            if tables:  # what Elasticsearch has on disk is compressed: ask it for its documents, too
                server = request.getfixturevalue("elasticsearch_server")
                left["elasticsearch"] = _documents(server, tables["hits"]["prefix"])
                assert left["elasticsearch"].count(b"sealed_address") >= len(web.truth.planted)
            for name, content in left.items():
                assert not any(needle in content for needle in pixels), f"pixels in {name}"
                if "frontier.sqlite" not in name and "appendonlydir" not in name:
                    assert not any(address in content for address in addresses), f"addresses in clear in {name}"
        finally:
            chain.stop()


def _files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


class _State(NamedTuple):
    """Of a file: enough to know whether, and from where on, it was written to."""

    size: int
    changed: int


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _State(found.st_size, found.st_mtime_ns)


def _content(path: Path, before: _State | None) -> bytes | None:
    """What was written to it since, with a little before: all of it unless it has only grown.

    None for a file that a server has done away with since it was listed: it is not left behind.
    """
    now = _state(path)
    if now is None or now == before:
        return None
    try:
        with path.open("rb") as file:
            file.seek(max(0, before.size - 4096) if before is not None and before.size < now.size else 0)
            return file.read()
    except FileNotFoundError:
        return None


def _documents(server: ElasticsearchServer, prefix: str) -> bytes:
    request = urllib.request.Request(f"{server.url}/{prefix}*/_search?size=10000")
    login = base64.b64encode(f"{server.admin}:{server.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    with urllib.request.urlopen(request) as answer:
        found: bytes = answer.read()
    return found


def _needles(web: Web) -> Iterator[bytes]:
    """Windows from the middle of each planted picture, as they are and in base64 at each alignment."""
    for each in web.truth.planted:
        with urllib.request.urlopen(each.url) as answer:
            body: bytes = answer.read()
        middle = body[len(body) // 2 :][:_WINDOW]
        yield middle
        for shift in range(3):
            yield base64.b64encode(middle[shift:])[4:-4]
