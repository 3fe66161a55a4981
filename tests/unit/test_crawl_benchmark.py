"""`python -m benchmarks.crawl` in its small form: it runs, says what it promises, and ours loses nothing."""

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
        [sys.executable, "-m", "benchmarks.crawl", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_crawler_that_is_killed_loses_nothing_of_ours(report: dict[str, Any]) -> None:
    assert report["lost"] == 0
    assert report["killed"]["ours_sqlite"]["fetched_again"] > 0, "nothing was under way when it was killed"


def test_two_crawlers_keep_the_gap_though_one_is_killed(report: dict[str, Any]) -> None:
    assert report["min_gap_s"] >= report["settings"]["gap"]
    assert report["killed"]["ours_sqlite"]["processes"] == 2


def test_what_it_promises_is_there_and_everyone_had_the_same_to_do(report: dict[str, Any]) -> None:
    assert report["ratio_vs_scrapy"] > 0
    assert report["ratio_vs_scrapy_redis"] > 0
    assert report["lost_scrapy_redis"] >= 0
    sides = report["rates_by_processes"]["1"]
    assert set(sides) == {"ours_sqlite", "ours_redis", "scrapy", "scrapy_redis"}
    for side in sides.values():
        assert side["not_reached"] == side["timed_out"] == 0
        assert not side["forbidden"]
        assert side["cpu_s_per_1000_requests"] > 0
        assert side["peak_rss_mb"] > 50
