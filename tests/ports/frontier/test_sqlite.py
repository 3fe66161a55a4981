"""What the embedded frontier promises of its file."""

import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawler.contract.errors import ConfigError
from crawler.frontier import FrontierTable, open_frontier
from tests.ports.frontier.stores import Store, target
from tests.ports.frontier.workers import explore, running


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        frontier = open_frontier(FrontierTable(), tmp_path / "new" / "state")
        frontier.add([target(1)])
        files = list((tmp_path / "new" / "state").iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert (tmp_path / "new" / "state").stat().st_mode & 0o777 == 0o700
        frontier.close()
    finally:
        os.umask(before)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    open_frontier(FrontierTable(), tmp_path).close()
    file = tmp_path / "frontier.sqlite"
    file.chmod(0o644)
    open_frontier(FrontierTable(), tmp_path).close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_processes_that_open_a_new_one_at_the_same_moment_all_succeed(tmp_path: Path) -> None:
    store = Store(FrontierTable(), tmp_path)
    with ExitStack() as stack:
        workers = [stack.enter_context(running(explore, store, str(number), 1)) for number in range(6)]
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 6


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frontier.sqlite").write_bytes(b"certainly no database " * 100)
    with pytest.raises(ConfigError, match="Move it away"):
        open_frontier(FrontierTable(), tmp_path)


@pytest.mark.parametrize("version", [1, 99])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: int) -> None:
    with sqlite3.connect(tmp_path / "frontier.sqlite") as other:
        other.execute(f"PRAGMA user_version = {version}")
    other.close()
    with pytest.raises(ConfigError, match="another version"):
        open_frontier(FrontierTable(), tmp_path)


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigError, match="state folder"):
        open_frontier(FrontierTable(), tmp_path / "state")
