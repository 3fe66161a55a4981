"""The tests' own servers: what is told when one does not start, and what a broken download leaves."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.services import cache
from tests.services.redis import RedisServer
from tests.services.server import Server, ServerFailedError


class Hopeless(Server):
    name = "hopeless"
    start_seconds = 0.5

    def __init__(self, script: str) -> None:
        super().__init__()
        self._script = script

    def prepare(self) -> None:
        pass

    def command(self) -> Sequence[str]:
        return ["sh", "-c", self._script]

    def answers(self) -> bool:
        return False


def test_a_server_that_ends_shows_its_log_and_leaves_nothing() -> None:
    server = Hopeless("echo the port is taken; exit 3")
    with pytest.raises(ServerFailedError, match=r"(?s)status 3.*the port is taken"), server:
        pass
    assert not server.folder.exists()


def test_a_server_that_hangs_is_killed_with_its_children() -> None:
    server = Hopeless("sleep 60 & echo $!; wait")
    with pytest.raises(ServerFailedError, match="did not answer"):
        server.start()
    child = int(server.said())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(child)
    server.__exit__()


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    # A zombie is dead: nobody here is its parent.
    return state != "Z"


def test_a_killed_server_comes_back_on_its_port_with_its_data() -> None:
    with RedisServer() as server:
        client = server.folder / "data"
        before = server.url
        server.kill()
        assert not server.running
        server.start()
        assert server.url == before
        assert any(client.rglob("*.aof"))


def test_a_download_that_failed_half_way_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOEKLICHT_CACHE", os.fspath(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        cache.folder("thing", fail)
    assert not (tmp_path / "thing").exists()
    made = cache.folder("thing", lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
