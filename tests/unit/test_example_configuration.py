"""zoeklicht.example.toml explains every key there is, and what it calls the default is the default."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.browsing import BrowserTable
from crawler.contract.config import TABLES, Table
from crawler.fetching.configuration import CrawlTable
from crawler.frontier import FrontierTable
from crawler.hashing import HashingTable
from crawler.sealing import KeysTable
from crawler.sites import ScopeTable
from crawler.transport import TransportTable
from desk.configuration import DeskTable
from matchers.floods import FloodsTable
from matchers.hits import HitsTable
from matchers.known import KnownTable
from matchers.known.remote import RemoteTable
from matchers.seen import SeenTable
from matchers.worker import MatchingTable

EXAMPLE = (Path(__file__).parents[2] / "zoeklicht.example.toml").read_text(encoding="utf-8")
SHAPES: dict[str, type[msgspec.Struct]] = {
    "browser": BrowserTable,
    "crawl": CrawlTable,
    "desk": DeskTable,
    "frontier": FrontierTable,
    "hashing": HashingTable,
    "hits": HitsTable,
    "keys": KeysTable,
    "known": KnownTable,
    "known.remote": RemoteTable,
    "matching": MatchingTable,
    "matching.floods": FloodsTable,
    "scope": ScopeTable,
    "seen": SeenTable,
    "transport": TransportTable,
}


def told_of(table: str) -> dict[str, tuple[Any, bool]]:
    """The keys that the example tells of in one table: value, and whether it is commented out."""
    told: dict[str, tuple[Any, bool]] = {}
    here = False
    for line in EXAMPLE.splitlines():
        if header := re.fullmatch(r"(?:# )?\[+([a-z]+(?:\.[a-z]+)?)(?:\.[a-z-]+)?\]+", line.strip()):
            here = header[1] == table
        elif here and (found := re.fullmatch(r"(# )?([a-z_0-9]+) = (.+)", line)):
            told.setdefault(found[2], (tomllib.loads(f"x = {found[3]}")["x"], found[1] is not None))
    return told


def test_every_table_has_a_shape_here() -> None:
    assert {name for name in SHAPES if "." not in name} == TABLES


@pytest.mark.parametrize("table", sorted(SHAPES))
def test_every_key_is_told_and_no_other(table: str) -> None:
    below = {name.removeprefix(f"{table}.") for name in SHAPES if name.startswith(f"{table}.")}
    assert told_of(table).keys() == set(SHAPES[table].__struct_fields__) - below


@pytest.mark.parametrize("table", sorted(SHAPES))
def test_what_is_called_the_default_is_the_default(table: str) -> None:
    shape = SHAPES[table]
    assert issubclass(shape, Table)
    defaults = {
        field.name: field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        for field in msgspec.structs.fields(shape)
    }
    for key, (value, commented) in told_of(table).items():
        # What has no default of its own, or one that depends on the machine, is shown by an example.
        if (
            commented
            and defaults[key] not in (None, [], (), msgspec.NODEFAULT)
            and key not in {"workers", "bootstrap_servers", "client_id"}
        ):
            assert value == defaults[key], key
