"""A picture that matches very many entries is told the nearest, and the others are counted."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from matchers.contract.records import KnownEntry
from matchers.known import LoadedKnownSet, nearest
from matchers.known.nearest import MOST_ENTRIES
from tests.known_sets import known_store
from tests.pictures_seen import flipped, hash_of, picture_seen

COLUMNS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000), st.integers(0, 31)), unique=True, max_size=60)


@given(COLUMNS, st.integers(1, 8))
def test_each_query_keeps_its_nearest_pairs(found: list[tuple[int, int, int]], most: int) -> None:
    rows, numbers, distances = (np.array([each[column] for each in found], dtype=np.int64) for column in range(3))
    kept = list(zip(*(column.tolist() for column in nearest.nearest((rows, numbers, distances), most)), strict=True))
    expected = []
    for row in range(5):
        of_it = sorted((distance, number) for query, number, distance in found if query == row)[:most]
        expected += [(row, number, distance) for distance, number in of_it]
    assert sorted(kept) == sorted(expected)


def left_out() -> float:
    return REGISTRY.get_sample_value("zoeklicht_matches_left_out_total") or 0.0


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_near_thousands_of_entries_is_told_the_nearest_thousand(tmp_path: Path, turned: bool) -> None:
    base, chance = hash_of("a blank"), np.random.default_rng(5)
    away = [int(bits) for bits in chance.integers(1, 20, 3 * MOST_ENTRIES)]
    codes = {flipped(base, chance.choice(256, bits, replace=False).tolist()): bits for bits in away}
    entries = [
        KnownEntry(algorithm="pdq", value=code, list="blanks", list_id=str(number)) for number, code in enumerate(codes)
    ]
    store = known_store(tmp_path / "known.sqlite", entries)
    known_set = LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True)
    before = left_out()
    seen = picture_seen("a", pdq=base, turned=[base] if turned else [])
    (matches,) = known_set.match([seen]).matches
    store.close()
    assert len(matches) == MOST_ENTRIES
    assert max(match.distance for match in matches) <= sorted(codes.values())[MOST_ENTRIES - 1]
    assert left_out() > before
