import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from matchers.contract.errors import StoreUnavailableError
from matchers.rematching import follow
from tests.pictures_seen import picture_seen
from tests.ports.child import Child
from tests.unit.matchers.rematching.scene import Scene
from tests.unit.matchers.rematching.test_rematcher import of


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_imported_and_withdrawn_while_it_runs_takes_effect_by_itself(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.match(picture_seen("a"))
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(scene.rematcher.round, stop, scene.seen.folder), kwargs=QUICKLY)
    thread.start()
    scene.add(of("a"))
    until(lambda: list(scene.standings().values()) == ["open"])
    scene.retract("a list", "1")
    until(lambda: list(scene.standings().values()) == ["withdrawn"])
    stop.set()
    thread.join()
    scene.close()


QUICKLY = {"seconds": 0.01}


def test_errors_are_told_and_it_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    errors: list[Exception] = [StoreUnavailableError("The store is away."), ValueError("a mistake")]

    def once(_: Callable[[], bool]) -> None:
        if errors:
            raise errors.pop(0)
        stop.set()

    with caplog.at_level(logging.WARNING, "matchers"):
        follow(once, stop, tmp_path, seconds=0.01)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "The store is away. It is tried again." in caplog.text


_FOLLOWER = """
import sys, threading, time
from pathlib import Path
from matchers.rematching import follow

def work(should_stop):
    print("working", flush=True)
    time.sleep(60)
follow(work, threading.Event(), Path(sys.argv[1]), seconds=0.01)
"""


def test_one_process_of_a_machine_does_it_and_another_goes_on_when_that_one_is_killed(tmp_path: Path) -> None:
    first = Child(["-c", _FOLLOWER, str(tmp_path)])
    assert first.line() == "working"
    stop = threading.Event()
    rounds: list[float] = []

    def work(_: Callable[[], bool]) -> None:
        rounds.append(time.monotonic())

    thread = threading.Thread(target=follow, args=(work, stop, tmp_path), kwargs=QUICKLY)
    thread.start()
    time.sleep(0.3)
    assert rounds == []
    first.kill()
    until(lambda: rounds != [])
    stop.set()
    thread.join()
