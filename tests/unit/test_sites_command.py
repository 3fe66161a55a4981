"""`zoeklicht sites`, as an operator meets it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.flow.chain import write_document
from zoeklicht.cli import zoeklicht

SITE: dict[str, Any] = {"name": "a", "type": "forum", "hosts": ["a.example"], "seeds": ["http://a.example/"]}


def told(tmp_path: Path, *arguments: str, sites: Sequence[Mapping[str, Any]] | None = None) -> Result:
    config = tmp_path / "zoeklicht.toml"
    if sites is not None:
        write_document(config, {"sites": sites})
    return CliRunner().invoke(zoeklicht, ["sites", *arguments, "--config", str(config)])


def test_sites_are_listed_with_what_keeps_them_closed(tmp_path: Path) -> None:
    expired = {"kind": "own", "reference": "ours", "means": ["anonymous"], "approved_by": ["one", "other"]}
    sites = [SITE, {**SITE, "name": "b", "hosts": ["b.example"], "mandate": {**expired, "expires": "2020-01-01"}}]
    listed = told(tmp_path, "list", "--json", sites=sites)
    assert listed.exit_code == 0, listed.output
    first, second = [json.loads(line) for line in listed.output.splitlines()]
    assert (first["name"], first["open"], first["why"]) == ("a", True, None)
    assert (second["name"], second["open"], second["until"]) == ("b", False, None)
    assert "ended on 2020-01-01" in second["why"]
    table = told(tmp_path, "list").output
    assert "open until 21" in table.replace("\n", " ")


def test_sites_that_are_well_are_said_to_be(tmp_path: Path) -> None:
    checked = told(tmp_path, "check", sites=[SITE])
    assert (checked.exit_code, checked.output) == (0, "1 site checked, 0 to mend.\n")


def test_everything_that_is_wrong_is_told_with_exit_code_1(tmp_path: Path) -> None:
    sites = [
        {**SITE, "seeds": ["http://elsewhere.example/", "ftp://a.example/"], "gap_seconds": -1},
        {**SITE, "name": "b", "hosts": ["b.example"]},
    ]
    checked = told(tmp_path, "check", sites=sites)
    assert checked.exit_code == 1
    assert "a.toml: Expected `float` >= 0.0" in checked.output
    assert "site 'b': seed 1 would be refused: the link leads to a host" in checked.output
    assert "1 site checked, 2 to mend." in checked.output


def test_one_site_can_be_checked_alone(tmp_path: Path) -> None:
    sites = [{**SITE, "gap_seconds": -1}, {**SITE, "name": "b", "hosts": ["b.example"]}]
    assert told(tmp_path, "check", "a", sites=sites).output.count("FAILURE") == 1
    assert "b.example" not in told(tmp_path, "check", "a").output
    unknown = told(tmp_path, "check", "c")
    assert unknown.exit_code == 1
    assert "no such profile" in unknown.output


def test_the_examples_are_well(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    shutil.copy(root / "zoeklicht.example.toml", tmp_path / "zoeklicht.toml")
    shutil.copytree(root / "sites.example", tmp_path / "sites")
    checked = told(tmp_path, "check")
    assert (checked.exit_code, checked.output) == (0, "3 sites checked, 0 to mend.\n")


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_missing_folder_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "zoeklicht.toml").touch()
    assert "no such folder" in str(told(tmp_path, command).exception)
