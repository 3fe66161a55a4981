"""The crawl heeds the people behind it."""

from pathlib import Path

from crawler.fetching.slowness import MOST, slowness_for, tell_slowness, told_slowness
from crawler.frontier import FrontierTable
from crawler.shared import open_shared


def test_a_day_of_work_slows_nothing_and_each_further_day_does() -> None:
    assert slowness_for(500, None) == 1
    assert slowness_for(0, 100) == 1
    assert slowness_for(100, 100) == 1
    assert slowness_for(300, 100) == 3
    assert slowness_for(10**9, 1) == MOST


def test_what_the_scheduler_says_every_crawler_hears(tmp_path: Path) -> None:
    store = open_shared("embedded", FrontierTable(), tmp_path)
    try:
        assert told_slowness(store) == 1
        tell_slowness(store, 2.5)
        assert told_slowness(store) == 2.5
    finally:
        store.close()
