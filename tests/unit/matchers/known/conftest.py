from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.known import KnownStore
from tests.known_sets import known_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "known.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[KnownStore]:
    opened = known_store(path)
    yield opened
    opened.close()
