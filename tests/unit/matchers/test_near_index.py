import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.errors import ConfigError
from matchers.known.near import NearIndex, build_near_index, twin
from matchers.known.near.file import FEWEST_INDEXED

Hashes = npt.NDArray[np.uint8]
RANDOM = np.random.default_rng(7)
CROWD = RANDOM.integers(0, 256, (3_000, 32), dtype=np.uint8)


def brute_force(known: Hashes, asked: Hashes, distance: int) -> set[tuple[int, int, int]]:
    apart = np.unpackbits(asked[:, None, :] ^ known[None, :, :], axis=2).sum(axis=2)
    return {(int(row), int(entry), int(apart[row, entry])) for row, entry in np.argwhere(apart <= distance)}


def found(index: NearIndex, asked: Hashes) -> list[tuple[int, int, int]]:
    rows, numbers, distances = index.find(asked)
    return list(zip(rows.tolist(), numbers.tolist(), distances.tolist(), strict=True))


def index_of(known: Hashes, distance: int = 31) -> NearIndex:
    return build_near_index(known, np.arange(len(known)), distance=distance, order=bytes(16))


def turned_over(value: Hashes, bits: npt.NDArray[np.int64]) -> Hashes:
    """With these bits turned over."""
    mask = np.zeros(256, dtype=np.uint8)
    mask[bits] = 1
    return value ^ np.packbits(mask)


CROWDED = index_of(CROWD)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_planted_hashes_are_found_at_every_distance_up_to_31_and_not_beyond(seed: int, apart: int) -> None:
    random = np.random.default_rng(seed)
    planted = random.integers(0, len(CROWD), 20)
    asked = np.stack([turned_over(CROWD[one], random.permutation(256)[:apart]) for one in planted])
    assert set(found(CROWDED, asked)) == {(row, int(one), apart) for row, one in enumerate(planted) if apart <= 31}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 16), min_size=16, max_size=16), st.integers(0, 2**32))
def test_no_spread_of_the_differing_bits_over_the_chunks_hides_a_hash(spread: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    bits = np.concatenate([16 * chunk + random.permutation(16)[:count] for chunk, count in enumerate(spread)])
    expected = [(0, 5, len(bits))] if len(bits) <= 31 else []
    assert found(CROWDED, turned_over(CROWD[5], bits)[None, :]) == expected


@pytest.mark.parametrize("short_one", range(16))
@pytest.mark.parametrize("pattern", [[2] * 16, [1, 3] * 8, [0, 4] * 8, [3, 1] * 8, [0, 2, 4, 2] * 4, [16, 0, 0, 0] * 2])
def test_the_worst_spreads_of_31_bits_are_found(pattern: list[int], short_one: int) -> None:
    spread = (pattern + [0] * 16)[:16]
    for step in range(16):
        if spread[(short_one + step) % 16]:
            spread[(short_one + step) % 16] -= 1
            break
    bits = np.concatenate([16 * chunk + RANDOM.permutation(16)[:count] for chunk, count in enumerate(spread)])
    assert len(bits) == 31
    assert found(CROWDED, turned_over(CROWD[11], bits)[None, :]) == [(0, 11, 31)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 31), st.sampled_from([1, 30, FEWEST_INDEXED, 1_000]))
def test_crowded_hashes_are_answered_as_by_brute_force(seed: int, distance: int, size: int) -> None:
    random = np.random.default_rng(seed)
    centres = random.integers(0, 256, (3, 32), dtype=np.uint8)
    spread = (random.random((size + 40, 256)) < 0.06).astype(np.uint8)
    around = centres[random.integers(0, 3, size + 40)] ^ np.packbits(spread, axis=1)
    known, asked = around[:size], around[size:]
    answer = found(index_of(known, distance), asked)
    assert len(answer) == len(set(answer))
    assert set(answer) == brute_force(known, asked, distance)


def test_many_equal_hashes_in_one_bucket_are_all_found_in_bounded_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "_CANDIDATES_AT_ONCE", 1_000)
    known = np.concatenate([np.repeat(CROWD[:1], 2_000, axis=0), CROWD])
    asked = CROWD[:30]
    assert set(found(index_of(known), asked)) == brute_force(known, asked, 31)


def test_an_empty_set_or_an_empty_question_has_an_empty_answer() -> None:
    assert found(index_of(CROWD[:0]), CROWD[:3]) == []
    assert found(CROWDED, CROWD[:0]) == []


def test_answers_carry_the_entries_own_numbers() -> None:
    index = build_near_index(CROWD, np.arange(len(CROWD)) * 10 + 7, distance=0, order=bytes(16))
    assert found(index, CROWD[4:5]) == [(0, 47, 0)]


@pytest.mark.parametrize("distance", [32, -1])
def test_a_distance_that_could_miss_matches_is_refused(distance: int) -> None:
    with pytest.raises(ConfigError, match="0 to 31"):
        index_of(CROWD, distance)


def test_a_large_set_costs_at_most_150_bytes_an_entry() -> None:
    size = 400_000
    index = index_of(RANDOM.integers(0, 256, (size, 32), dtype=np.uint8))
    assert index.bytes_held / size <= 150
