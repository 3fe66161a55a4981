"""A known set of any size, as matchers have it: registered, imported, its index built."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.working.messages import VEIL_KEY, balanced
from matchers.contract.records import KnownEntry
from matchers.known import KnownStore, Limits, Person, Registration, import_by_two
from matchers.known.generations import build_generation, index_folder
from matchers.veil import Veil

_SEED = 20_240
_BATCH = 20_000
PLANTED = 100
"""So many of the entries are told, for pictures to be made like them."""


def open_store(state: Path) -> KnownStore:
    """The store that `make` made."""
    return KnownStore(state / "known.sqlite", time.time, Veil(VEIL_KEY), Limits(most_changed=float("inf")))


def make(state: Path, entries: int) -> list[str]:
    """Make it; returns the PDQ hashes (hex) of some entries.."""
    store = open_store(state)
    import_by_two(
        store,
        Registration(name="benchmark", source="random", regime="csam", contact="nobody@example.org"),
        _entries(entries),
        file="benchmark",
        first=Person(name="First", account="first"),
        second=Person(name="Second", account="second"),
    )
    build_generation(store, index_folder(store.path), clock=time.time)
    store.close()
    return [each.tobytes().hex() for each in balanced(np.random.default_rng(_SEED), PLANTED)]


def _entries(count: int) -> Iterator[KnownEntry]:
    chance = np.random.default_rng(_SEED)
    # The planted ones first, so that they can be made again.
    codes = balanced(chance, PLANTED)
    made = 0
    while made < count:
        for code in codes[: count - made]:
            yield KnownEntry(algorithm="pdq", value=code.tobytes().hex(), list="benchmark", list_id=f"e{made}")
            made += 1
        codes = balanced(chance, _BATCH)
