"""The veil over the shared store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from crawler.contract.shared import SharedStore
from crawler.redis_settings import RedisTable
from crawler.shared import Veiled, open_shared

KEY = sha256(b"tests").digest()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SharedStore]:
    opened = open_shared("embedded", RedisTable(), tmp_path)
    yield opened
    opened.close()


def test_what_was_put_comes_back_under_its_name(store: SharedStore) -> None:
    veiled = Veiled(store, KEY, "tests")
    veiled.put({"a": b"1", "b": b""}, seconds=60)
    assert list(Veiled(store, KEY, "tests").get(["b", "c", "a"])) == [b"", None, b"1"]
    veiled.forget(["a"])
    assert list(veiled.get(["a"])) == [None]


def test_neither_names_nor_values_can_be_read_off_the_file(store: SharedStore, tmp_path: Path) -> None:
    Veiled(store, KEY, "tests").put({"https://host.example/name": b"a value of some length"}, seconds=60)
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"host.example" not in kept
    assert b"value" not in kept.replace(b"value BLOB", b"")


def test_another_key_and_another_purpose_see_nothing(store: SharedStore) -> None:
    Veiled(store, KEY, "tests").put({"a": b"1"}, seconds=60)
    assert list(Veiled(store, sha256(b"another").digest(), "tests").get(["a"])) == [None]
    assert list(Veiled(store, KEY, "others").get(["a"])) == [None]


def test_an_entry_put_in_the_place_of_another_counts_as_none(store: SharedStore, tmp_path: Path) -> None:
    veiled = Veiled(store, KEY, "tests")
    veiled.put({"harmless": b"1", "known": b"2"}, seconds=60)
    with closing(sqlite3.connect(tmp_path / "shared.sqlite", isolation_level=None)) as file:
        (one, a), (two, b) = file.execute("SELECT key, value FROM entries")
        file.execute("UPDATE entries SET value = ? WHERE key = ?", (a, two))
        file.execute("UPDATE entries SET value = ? WHERE key = ?", (b, one))
    assert list(veiled.get(["harmless", "known"])) == [None, None]


def test_rubbish_counts_as_nothing(store: SharedStore, tmp_path: Path) -> None:
    veiled = Veiled(store, KEY, "tests")
    for rubbish in (b"", b"x", b"x" * 200):
        veiled.put({"a": b"1"}, seconds=60)
        with closing(sqlite3.connect(tmp_path / "shared.sqlite", isolation_level=None)) as file:
            file.execute("UPDATE entries SET value = ?", (rubbish,))
        assert list(veiled.get(["a"])) == [None]


@pytest.mark.parametrize("purpose", ["", "longer than sixteen", "ü"])
def test_a_purpose_that_is_none_is_refused(store: SharedStore, purpose: str) -> None:
    with pytest.raises(ValueError, match="purpose"):
        Veiled(store, KEY, purpose)
