"""Whatever mixture of generation, overlay and removals answers, it tells what comparing with every entry would."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.contract.records import ImageSeen
from matchers.contract.records import Algorithm, KnownEntry
from matchers.known import LoadedKnownSet
from matchers.known.generations import build_generation, index_folder
from matchers.known.report import NothingThereError
from tests.known_sets import FIRST, SECOND, add, known_store
from tests.pictures_seen import flipped, hash_of, picture_seen

LISTS = ("a", "b")
EACH = 12
CENTRES = [hash_of(f"centre {number}") for number in range(3)]
CHANCE = np.random.default_rng(31)
Named = tuple[str, str]
"""A list, and an id in it."""


def _pool() -> dict[Named, KnownEntry]:
    """Entries around few centres, so that what is asked has many near it, at and around the largest distance."""
    pool = {}
    for name in LISTS:
        for number in range(EACH):
            kind: Algorithm = ("pdq", "pdq", "pdq", "md5", "phash", "sha256")[number % 6]
            value = {
                "pdq": flipped(
                    CENTRES[number % 3], CHANCE.choice(256, int(CHANCE.integers(20, 36)), replace=False).tolist()
                ),
                "md5": hash_of(f"picture {number % 3}", "md5"),
                "sha256": hash_of(f"picture {number % 3}"),
                "phash": f"{0xFFFF >> number % 7:016x}",
            }[kind]
            pool[name, f"id{number}"] = KnownEntry(algorithm=kind, value=value, list=name, list_id=f"id{number}")
    return pool


POOL = _pool()
FILLERS = [
    KnownEntry(algorithm="pdq", value=CHANCE.bytes(32).hex(), list="fillers", list_id=str(number))
    for number in range(300)
]
"""Enough for an index with tables."""
PICTURES = [
    msgspec.structs.replace(
        picture_seen(f"picture {number}", pdq=CENTRES[number], turned=[CENTRES[(number + 1) % 3]]),
    )
    for number in range(3)
]

Deed = tuple[Literal["import", "retract", "disable", "enable", "switch", "build", "reopen"], str, list[int], bool]
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["import", "import", "retract", "disable", "enable", "switch", "build", "reopen"]),
        st.sampled_from(LISTS),
        st.lists(st.integers(0, EACH - 1), min_size=1, max_size=6, unique=True),
        st.booleans(),
    ),
    min_size=4,
    max_size=14,
)


class Play:
    """A set that is changed and asked, with what stood at each version written down beside it."""

    def __init__(self, folder: Path) -> None:
        self.store = known_store(folder / "known.sqlite")
        self.known = self.opened()
        self.off: set[str] = set()
        self.active: dict[int, set[Named]] = {}
        self.named: dict[int, Named] = {}
        self.note()

    def opened(self) -> LoadedKnownSet:
        return LoadedKnownSet(self.store, distance=31, min_quality=50, dihedral=True)

    def note(self) -> None:
        active = set()
        for name in {count.list for count in self.store.counts()} & set(LISTS):
            for shown in self.store.export(name):
                self.named[shown.number] = (name, shown.provenance.list_id)
                if shown.provenance.withdrawn is None:
                    active.add(self.named[shown.number])
        self.active[self.store.version] = active

    def do(self, deed: Deed) -> None:
        with suppress(NothingThereError):
            self._do(deed)
        self.note()
        *_, refresh = deed
        if refresh:
            self.known.refresh()

    def _do(self, deed: Deed) -> None:
        what, name, numbers, _ = deed
        here = name in {count.list for count in self.store.counts()}
        if what == "import" and name not in self.off:
            add(self.store, [POOL[name, f"id{number}"] for number in numbers])
        elif what == "retract" and here and name not in self.off:
            self.store.retract(name, [f"id{number}" for number in numbers], by=FIRST, reason="-")
        elif what in {"disable", "enable"} and here:
            change = self.store.disable if what == "disable" else self.store.enable
            change(name, f"id{numbers[0]}", by=SECOND, reason="-")
        elif what == "switch" and here:
            if name in self.off:
                self.store.enable(name, by=FIRST, reason="-")
            else:
                self.store.disable(name, by=FIRST, reason="-")
            self.off ^= {name}
        elif what == "build":
            build_generation(self.store, index_folder(self.store.path), clock=lambda: 0.0)
        elif what == "reopen":
            self.known = self.opened()

    def check(self) -> None:
        at_its_version = self.active[self.known.version]
        assert self.indexed() == [brute_force(seen, at_its_version) for seen in PICTURES]
        # What was withdrawn since is left out already.
        counting = at_its_version & self.active[self.store.version]
        answer = self.known.match(PICTURES)
        told = [{(match.list, match.list_id, match.distance) for match in matches} for matches in answer.matches]
        assert answer.version == self.known.version
        assert told == [brute_force(seen, counting) for seen in PICTURES]

    def indexed(self) -> list[set[tuple[str, str, int]]]:
        """What the indexes alone say."""
        found = self.known._loaded.find(
            PICTURES, self.store.veil, distance=31, min_quality=50, dihedral=True, threads=1
        )
        return [{(*self.named[number], place.distance) for number, place in each} for each in found]


def brute_force(seen: ImageSeen, counting: Iterable[Named]) -> set[tuple[str, str, int]]:
    looks = seen.looks
    assert looks is not None
    found = set()
    for name in counting:
        entry = POOL[name]
        if entry.algorithm == "pdq":
            distance = min(apart(entry.value, view) for view in (looks.pdq, *looks.pdq_dihedral))
        elif entry.algorithm == "phash":
            distance = apart(entry.value, looks.phash) + (0 if apart(entry.value, looks.phash) <= 4 else 256)
        else:
            distance = 0 if entry.value == getattr(seen.digests, entry.algorithm) else 256
        if distance <= 31:
            found.add((*name, distance))
    return found


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "known.sqlite"
    known_store(path, FILLERS).close()
    return path


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    deeds=[
        ("import", "a", [3, 5], False),
        ("build", "a", [0], True),
        ("disable", "a", [3], True),
        ("disable", "a", [5], True),
    ]
)
@given(deeds=DEEDS)
def test_it_tells_what_comparing_with_every_entry_would(filled: Path, deeds: list[Deed]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(filled, folder)
        play = Play(Path(folder))
        try:
            for deed in deeds:
                play.do(deed)
                play.check()
            play.known.refresh()
            assert play.known.version == play.store.version
            play.check()
        finally:
            play.store.close()
