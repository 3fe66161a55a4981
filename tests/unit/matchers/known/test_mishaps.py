"""Real processes that are killed, or run out of room, in the midst of an import."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matchers.known import KnownStore, Limits, NotAllowedError, Row
from tests.known_sets import FIRST, SECOND, UNLIMITED, add, known_store, registration
from tests.unit.matchers.known.entries_held import entry, held

CHILD = """
import json, os, resource, signal, sys
from pathlib import Path
from matchers.contract.errors import MatcherError
from matchers.known.limits import Limits
from matchers.known.store import KnownStore
from tests.known_sets import FIRST, SECOND, TEST_VEIL, UNLIMITED
from tests.unit.matchers.known.entries_held import entry

path, mishap, when, count, proposal = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
asked = 0

def strike():
    if mishap == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))

def clock():
    # The store asks for the time within its transaction: moments that can be hit on purpose.
    global asked
    asked += 1
    if when == f"merging {asked}":
        strike()
    return 1_000_000.0

def rows():
    for number in range(count):
        yield entry(f"new {number}")
    if when == "streaming":
        strike()

store = KnownStore(path, clock, TEST_VEIL, UNLIMITED)
print("open", flush=True)
try:
    if proposal == "none":
        store.import_rows("a list", rows(), file="new.csv", by=FIRST)
    else:
        store.approve(int(proposal), by=SECOND)
    said = ""
except MatcherError as error:
    said = f"{type(error).__name__}: {error}"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
when = "never"
again = store.import_rows("a list", rows(), file="new.csv", by=FIRST)
print(json.dumps({"said": said, "added": again.added, "active": store.verify().active}), flush=True)
"""


def child(
    path: Path, mishap: str, when: str, *, count: int = 25_000, proposal: int | None = None
) -> "subprocess.Popen[str]":
    arguments = [str(path), mishap, when, str(count), str(proposal or "none")]
    return subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True)


def outcome(process: "subprocess.Popen[str]") -> dict[str, Any]:  # JSON of the child's
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def staged(path: Path) -> int:
    return len(list(path.with_name("known.sqlite-staging").iterdir()))


def check_old_set_and_go_on(store: KnownStore, path: Path) -> None:
    """The set is as it was, whole; and the next import comes in and clears away what was left behind."""
    assert held(store) == {"old": None}
    assert store.version == 1
    found = store.verify()
    assert (found.entries, found.faults) == (1, ())
    add(store, [entry("old"), entry("new 1"), entry("next")])
    assert held(store) == {"old": None, "new 1": None, "next": None}
    assert staged(path) == 0


@pytest.mark.parametrize("when", ["streaming", "merging 1", "merging 2", "merging 3"])
def test_an_import_that_was_killed_leaves_the_old_set_and_the_next_one_goes_on(path: Path, when: str) -> None:
    store = known_store(path, [entry("old")])
    process = child(path, "kill", when)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert staged(path) == 1
    check_old_set_and_go_on(store, path)
    store.close()


def test_whenever_an_import_is_killed_the_set_is_the_old_or_the_new_one_whole(path: Path) -> None:
    store = known_store(path, [entry("old")])
    for turn in range(3):
        process = child(path, "kill", "never", count=40_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 + 0.15 * turn)
        process.kill()
        process.communicate(timeout=60)
        assert len(held(store)) in {1, 40_001}
        assert store.verify().faults == ()
    add(store, [entry("next")])
    assert "next" in held(store)
    assert staged(path) == 0
    store.close()


def test_an_approval_that_was_killed_can_be_given_again(path: Path) -> None:
    store = known_store(path, [entry("old")])
    store.close()
    strict = known_store(path, limits=Limits(small_list=10))
    report = strict.import_rows("a list", [entry("new 1"), entry("next")], file="x", by=FIRST)
    assert report.proposal is not None
    process = child(path, "kill", "merging 3", proposal=report.proposal)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert held(strict) == {"old": None}
    strict.approve(report.proposal, by=SECOND)
    assert held(strict) == {"old": None, "new 1": None, "next": None}
    strict.close()


@pytest.mark.parametrize("when", ["streaming", "merging 1"])
def test_a_full_disk_is_told_with_what_to_do_and_the_set_stays_as_it_was(path: Path, when: str) -> None:
    known_store(path, [entry("old")]).close()
    found = outcome(child(path, "fill", when))
    assert found["said"].startswith("StoreUnavailableError: ")
    assert "no room" in found["said"]
    assert "Nothing was changed" in found["said"]
    assert "Free space" in found["said"]
    assert (found["added"], found["active"]) == (25_000, 25_001)
    assert staged(path) == 0


def test_what_another_import_is_streaming_is_not_cleared_away(path: Path) -> None:
    store = known_store(path, limits=UNLIMITED)
    other = known_store(path, limits=UNLIMITED)
    proposal = store.register(registration("a list"), by=FIRST)
    assert proposal is not None
    store.approve(proposal, by=SECOND)

    def rows() -> Iterator[Row]:
        yield entry("a")
        other.import_rows("a list", [entry("b")], file="b.csv", by=FIRST)
        yield entry("c")

    assert store.import_rows("a list", rows(), file="a.csv", by=FIRST).added == 2
    assert sorted(held(store)) == ["a", "b", "c"]
    store.close()
    other.close()


def test_what_was_staged_and_is_gone_is_told(path: Path) -> None:
    strict = known_store(path, limits=Limits())
    proposal = strict.register(registration("a list"), by=FIRST)
    assert proposal is not None
    strict.approve(proposal, by=SECOND)
    report = strict.import_rows("a list", [entry("a")], file="x", by=FIRST)
    for each in path.with_name("known.sqlite-staging").rglob("*.sqlite"):
        each.unlink()
    with pytest.raises(NotAllowedError, match="Import the file again"):
        strict.approve(report.proposal or 0, by=SECOND)
    strict.close()


def test_what_is_gone_or_foreign_in_the_staging_folder_keeps_no_import_from_its_work(path: Path) -> None:
    store = known_store(path, [entry("a")])
    staging = path.with_name("known.sqlite-staging")
    outside = path.parent / "outside"
    outside.mkdir()
    (staging / "gone").symlink_to(path.parent / "nowhere")
    (staging / "elsewhere").symlink_to(outside)
    add(store, [entry("b")])
    assert sorted(held(store)) == ["a", "b"]
    assert outside.exists()
    store.close()
