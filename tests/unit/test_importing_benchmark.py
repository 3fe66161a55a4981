"""`python -m benchmarks.importing` in a small form: all sides find the same, and ours is not much slower."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What it prints. Any: JSON."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.importing", "--rows", "20000", "--formats", "vics"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=200,
    )
    printed: dict[str, Any] = json.loads(ended.stdout)
    return printed


def test_every_side_finds_every_hash(report: dict[str, Any]) -> None:
    sides = report["formats"]["vics"]
    assert [sides[side]["hashes"] for side in ("parser", "store", "peer")] == [60_000] * 3
    assert report["left_out"]


def test_the_importer_checks_every_row_and_is_not_much_slower_than_reading_without(report: dict[str, Any]) -> None:
    sides = report["formats"]["vics"]
    # 1.2 on a quiet machine; a regression by half shows, noise does not.
    assert sides["parser"]["hashes_per_cpu_s"] > 0.4 * sides["peer"]["hashes_per_cpu_s"]


def test_the_importer_keeps_no_more_than_it_began_with(report: dict[str, Any]) -> None:
    parser = report["formats"]["vics"]["parser"]
    assert parser["peak_rss_mb"] < parser["base_rss_mb"] + 10
