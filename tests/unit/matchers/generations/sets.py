"""Known sets of made-up codes for these tests, and what is asked of them."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from crawler.contract.records import ImageSeen
from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, LoadedKnownSet
from matchers.known.generations import Manifest, build_generation, index_folder
from tests.known_sets import TEST_VEIL, known_store
from tests.pictures_seen import flipped, hash_of, picture_seen

KEY = bytes(range(32))
"""Of `TEST_VEIL`."""


def looks(number: int) -> str:
    return hash_of(f"looks {number}")


def entries(numbers: Iterable[int], name: str = "a list") -> Iterator[KnownEntry]:
    """A PDQ hash and a digest for each number."""
    for number in numbers:
        yield KnownEntry(algorithm="pdq", value=looks(number), list=name, list_id=f"p{number}")
        yield KnownEntry(algorithm="md5", value=hash_of(str(number), "md5"), list=name, list_id=f"d{number}")


def like(number: int) -> ImageSeen:
    """A picture that both entries of this number match."""
    bits = np.random.default_rng(number).choice(256, 31, replace=False)
    return picture_seen(str(number), pdq=flipped(looks(number), bits.tolist()))


def opened(store: KnownStore) -> LoadedKnownSet:
    return LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True)


def found(known: LoadedKnownSet, numbers: Iterable[int]) -> list[int]:
    """Of these, those whose both entries match."""
    asked = list(numbers)
    answer = known.match([like(number) for number in asked])
    return [
        number
        for number, matches in zip(asked, answer.matches, strict=True)
        if {match.list_id for match in matches} == {f"p{number}", f"d{number}"}
    ]


def build(store: KnownStore) -> Manifest:
    return build_generation(store, index_folder(store.path), clock=lambda: 1_000_000.0)


def copied(file: Path, folder: Path) -> KnownStore:
    """The store in a closed file, elsewhere, with its index."""
    folder.mkdir()
    shutil.copy(file, folder)
    if index_folder(file).exists():
        shutil.copytree(index_folder(file), index_folder(folder / file.name))
    return known_store(folder / file.name, veil=TEST_VEIL)


def builder(store: KnownStore, *, before: str = "") -> subprocess.Popen[bytes]:
    """A builder in a process of its own, given the key; `before` is run in it first."""
    code = f"{before}\nimport runpy; runpy.run_module('matchers.known.generations', run_name='__main__')"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(store.path)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    process.stdin.write(KEY)
    process.stdin.close()
    return process


_MATCHER = """
import sys, time
from pathlib import Path
from matchers.known import KnownStore, LoadedKnownSet
from matchers.known.generations import BackgroundBuild
from matchers.veil import Veil
path, key = Path(sys.argv[1]), bytes(range(32))
store = KnownStore(path, time.time, Veil(key))
known = LoadedKnownSet(
    store, distance=31, min_quality=50, dihedral=True, background=BackgroundBuild(path, key), overlay_entries=0
)
with known.kept_fresh(0.005):
    print("ready", flush=True)
    time.sleep(60)
"""


def matcher(store: KnownStore) -> subprocess.Popen[bytes]:
    """A matcher in a process of its own, loaded, that has every change built at once and swaps."""
    process = subprocess.Popen(
        [sys.executable, "-c", _MATCHER, str(store.path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == b"ready\n"
    return process


def on_disk(store: KnownStore) -> Mapping[str, int]:
    """What lies in the index's folder, and how many files each folder in it holds."""
    folder = index_folder(store.path)
    return {each.name: sum(1 for _ in each.iterdir()) if each.is_dir() else 0 for each in folder.iterdir()}
