"""Which implementation hashes, and that it is told when the slower one does."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from crawler.hashing import HashingPool, HashingTable, Limits, hash_picture, native
from tests.hostile_pictures import scene
from tests.photographs import encoded

LIMITS = Limits(max_pixels=10**6, dihedral=True, preparations=("reduced_512", "squeezed_512"))
PICTURE = encoded(scene(640, 480), "PNG")


@pytest.fixture
def without_native_core(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    native.forget()
    with monkeypatch.context() as patched:
        # What Python itself takes for "there is no such module".
        patched.setitem(sys.modules, "zoeklicht_native", None)
        yield
    native.forget()


def test_hashes_are_the_same_with_and_without_the_native_core(request: pytest.FixtureRequest) -> None:
    with_it = hash_picture(PICTURE, LIMITS)
    assert native.native_core() is not None
    request.getfixturevalue("without_native_core")
    assert native.native_core() is None
    assert hash_picture(PICTURE, LIMITS) == with_it


@pytest.mark.usefixtures("without_native_core")
def test_a_crawler_without_the_native_core_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "crawler.hashing"):
        for _ in range(2):
            HashingPool(HashingTable(workers=1)).close()
    (message,) = [record.getMessage() for record in caplog.records]
    assert "pip install ./native" in message


def test_a_crawler_with_the_native_core_has_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    native.forget()
    HashingPool(HashingTable(workers=1)).close()
    assert caplog.records == []


@pytest.mark.usefixtures("without_native_core")
def test_the_native_core_cannot_be_forced_where_it_is_not() -> None:
    with pytest.raises(ImportError):
        native.native_core(wanted=True)


UNDER_A_LIMIT = """
import resource
from pathlib import Path
import numpy as np
from crawler.hashing.pdq import pdq
pdq(np.zeros((9, 9), np.uint8), dihedral=True, native=True)
strip = np.zeros((5, 8_000_000), np.uint8)
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 60 * 2**20,) * 2)
try:
    pdq(strip, dihedral=True, native=True)
except MemoryError:
    print("told")
"""


def test_a_process_under_a_limit_is_told_that_there_is_no_memory_and_goes_on() -> None:
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT], capture_output=True, text=True, env=environ, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "told\n"), ended.stderr
