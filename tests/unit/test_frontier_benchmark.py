"""`python -m benchmarks.frontier` in its small form: it runs, says what it promises, and ours loses nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    # Any: JSON.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.frontier", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_workers_that_are_killed_lose_nothing_of_ours(report: dict[str, Any]) -> None:
    assert report["lost"] == 0
    assert report["killed"]["ours"]["kills"] == 2


def test_what_it_promises_is_there_and_makes_sense(report: dict[str, Any]) -> None:
    assert report["ratio_vs_scrapy_redis"] > 0
    assert report["lost_scrapy_redis"] >= 0
    assert report["bytes_per_seen_url"] >= 8
    assert 20 <= report["bytes_per_pending_url"] < report["bytes_per_pending_url_scrapy_redis"]
    assert report["round_trips_per_url"] <= 0.1
    assert report["round_trips_per_url_scrapy_redis"] > 2
    assert set(report["by_processes"]) == set(report["by_processes_over_a_network"]) == {"2"}
