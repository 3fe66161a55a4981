"""sites.example/forum.toml explains every key of a profile, and what it calls the default is the default."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.contract.config import converted
from crawler.contract.sites import SiteProfile
from crawler.sites import SiteDirectory, read_profiles

FOLDER = Path(__file__).parents[2] / "sites.example"
TEXT = (FOLDER / "forum.toml").read_text(encoding="utf-8")
UNCOMMENTED = re.sub(r"^# (?=[a-z_]+ = |\[)", "", TEXT, flags=re.MULTILINE)
WHOLE: dict[str, Any] = tomllib.loads(UNCOMMENTED)


def structs_in(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.StructType]:
    if isinstance(kind, msgspec.inspect.StructType):
        yield kind
    elif isinstance(kind, msgspec.inspect.UnionType):
        for each in kind.types:
            yield from structs_in(each)
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from structs_in(kind.item_type)


def untold(told: Any, shape: msgspec.inspect.StructType, place: str = "") -> Iterator[str]:
    """Keys that the example lacks, and keys that it has too many of."""
    if isinstance(told, list):
        (told,) = told
    yield from (place + key for key in told.keys() ^ {field.name for field in shape.fields})
    for field in shape.fields:
        for inner in structs_in(field.type):
            yield from untold(told.get(field.name, {}), inner, f"{place}{field.name}.")


def commented_values(text: str) -> Iterator[tuple[str, Any]]:
    table = ""
    for line in text.splitlines():
        if header := re.fullmatch(r"(?:# )?\[+([a-z_]+)\]+", line):
            table = f"{header[1]}."
        elif found := re.fullmatch(r"# ([a-z_]+) = (.+)", line):
            yield table + found[1], tomllib.loads(f"x = {found[2]}")["x"]


def default_of(key: str) -> Any:
    *tables, last = key.split(".")
    shape: type[msgspec.Struct] = SiteProfile
    for table in tables:
        found = msgspec.inspect.type_info(shape)
        assert isinstance(found, msgspec.inspect.StructType)
        field = next(each for each in found.fields if each.name == table)
        shape = next(structs_in(field.type)).cls
    default = next(each.default for each in msgspec.structs.fields(shape) if each.name == last)
    return None if default is msgspec.NODEFAULT else default


def test_every_key_is_told_and_no_other() -> None:
    shape = msgspec.inspect.type_info(SiteProfile)
    assert isinstance(shape, msgspec.inspect.StructType)
    assert not list(untold(WHOLE, shape))


@pytest.mark.parametrize(("key", "value"), list(commented_values(TEXT)))
def test_what_is_called_the_default_is_the_default(key: str, value: Any) -> None:
    default = default_of(key)
    # What has no default of its own is shown by an example.
    assert default in (None, (), {}) or value == (list(default) if isinstance(default, tuple) else default)


def test_all_of_it_together_is_a_valid_profile() -> None:
    profile = converted({**WHOLE, "referrer": "fixed"}, SiteProfile, FOLDER, "forum", see="itself")
    assert profile.login is not None
    assert profile.login.user_file == FOLDER / "../secrets/forum.user"


def test_the_examples_can_be_used_together_as_they_are() -> None:
    assert len(SiteDirectory(read_profiles(FOLDER)).profiles) == 3
