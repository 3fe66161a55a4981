"""What only the embedded shared store can be asked."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.contract.errors import ConfigError
from crawler.shared.sqlite import SqliteShared
from tests.ports.frontier.stores import Hands


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        (entries,) = database.execute("SELECT count(*) FROM entries").fetchone()
        (claims,) = database.execute("SELECT count(*) FROM claims").fetchone()
    return int(entries + claims)


def test_what_is_over_is_cleaned_away_as_new_entries_come(tmp_path: Path) -> None:
    clock = Hands()
    path = tmp_path / "shared.sqlite"
    store = SqliteShared(path, clock)
    for day in range(30):
        clock.now += 86_400
        store.put({f"{day} {number}": b"x" for number in range(50)}, seconds=3600)
        assert store.claim(str(day), "one", seconds=60)
    store.close()
    assert rows(path) == 51


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "shared.sqlite"
    store = SqliteShared(path)
    store.put({"a": b"1"}, seconds=60)
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
    store.close()


def test_a_file_of_another_kind_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "shared.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigError, match="Delete it"):
        SqliteShared(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigError, match="Check the state folder"):
        SqliteShared(tmp_path / "state" / "shared.sqlite")
