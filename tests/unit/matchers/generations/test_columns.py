import random
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from matchers.known.exact import Columns
from matchers.known.generations.columns import open_columns, write_columns
from matchers.known.generations.damage import DamagedGenerationError

FINGERPRINT = bytes(16)


@pytest.fixture
def columns() -> Columns:
    return {
        "heads": np.arange(11, dtype=np.uint64) << np.uint64(50),
        "table": np.arange(12, dtype=np.uint32).reshape(3, 4),
        "none": np.empty((0, 2), dtype=np.int64),
        "numbers": np.array([-1, 1 << 40], dtype=np.int64),
    }


@pytest.fixture
def file(tmp_path: Path, columns: Columns) -> Path:
    path = tmp_path / "md5.columns"
    write_columns(path, columns, kind="md5", version=3, fingerprint=FINGERPRINT)
    return path


def test_what_was_written_is_read_back(file: Path, columns: Columns) -> None:
    found = open_columns(file, kind="md5", version=3, fingerprint=FINGERPRINT)
    assert {name: (each.dtype, each.tolist()) for name, each in found.items()} == {
        name: (each.dtype, each.tolist()) for name, each in columns.items()
    }


def test_only_its_owner_may_read_it(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_never_written_over(file: Path, columns: Columns) -> None:
    with pytest.raises(FileExistsError):
        write_columns(file, columns, kind="md5", version=4, fingerprint=FINGERPRINT)


@pytest.mark.parametrize(
    ("kind", "version", "fingerprint"), [("sha1", 3, FINGERPRINT), ("md5", 4, FINGERPRINT), ("md5", 3, b"\1" * 16)]
)
def test_one_of_another_kind_version_or_key_is_refused(file: Path, kind: str, version: int, fingerprint: bytes) -> None:
    with pytest.raises(DamagedGenerationError, match="another set, version or veil key"):
        open_columns(file, kind=kind, version=version, fingerprint=fingerprint)


def test_a_change_of_any_byte_and_any_cut_are_noticed(file: Path) -> None:
    whole = file.read_bytes()
    chance = random.Random(5)
    damaged = [whole[:size] for size in (0, 5, 48, 60, len(whole) - 1)]
    damaged += [whole + b"\0"]
    for place in [*range(60), *chance.sample(range(len(whole)), 100)]:
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])
    for each in damaged:
        file.write_bytes(each)
        with pytest.raises(DamagedGenerationError, match=re.escape("md5.columns")):
            open_columns(file, kind="md5", version=3, fingerprint=FINGERPRINT)
