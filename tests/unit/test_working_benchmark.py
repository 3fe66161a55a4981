"""The benchmark of a matcher end to end: it finds what is planted, and a floor far below its figures."""

import json

import pytest

from benchmarks.working.__main__ import main


def test_a_small_run_finds_every_planted_picture_and_is_not_out_of_all_proportion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = "--entries 20000 --messages 3000 --processes 2 --batch 500 --transports embedded"
    main(arguments.split())
    told = json.loads(capsys.readouterr().out)["embedded"]["matchers_2"]
    matchers = told["each"]
    assert sum(each["looked_up"] for each in matchers) == 3_000
    assert sum(each["hits"] for each in matchers) == 3
    spent = sum(each["cpu_us_per_message"] * each["looked_up"] for each in matchers) / 3_000
    # A tenth of a millisecond where it was measured; less than 1,000 a second would be ten times that.
    assert spent < 1_000
