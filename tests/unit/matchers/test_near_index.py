from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.contract.errors import ConfigError
from matchers.known.near import MAX_DISTANCE, NearIndex, build_near_index, twin
from matchers.known.near.file import FEWEST_INDEXED
from matchers.known.near.plan import CHUNKS, allowances, plan
from tests.unit.matchers.near_codes import (
    BUILDERS,
    ORDER,
    Codes,
    brute_force,
    clustered_codes,
    random_codes,
    spread_over,
    told,
    turned_over,
)

RANDOM = np.random.default_rng(7)
CROWD = random_codes(RANDOM, 3_000)
CROWDED = {name: build(CROWD, MAX_DISTANCE) for name, build in BUILDERS.items()}
DISTANCES = [0, 1, 7, 15, 16, 23, 30, 31]

every_one = pytest.mark.parametrize("name", sorted(BUILDERS))
one_of = st.sampled_from(sorted(BUILDERS))


def all_ways(index: NearIndex, asked: Codes, distance: int) -> None:
    """Assert that every way to ask gives one and the same answer."""
    expected = told(index.find(asked, distance=distance))
    assert told(index.join(asked, distance=distance)) == expected
    assert told(index.find(asked, distance=distance, threads=3)) == expected
    assert told(index.join(asked, distance=distance, threads=3)) == expected
    single = [index.find_one(code.tobytes(), distance=distance) for code in asked]
    assert [(row, apart, number) for row, found in enumerate(single) for number, apart in found] == expected


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from(DISTANCES), one_of)
def test_planted_codes_are_found_up_to_the_distance_and_not_beyond(
    seed: int, apart: int, distance: int, name: str
) -> None:
    random = np.random.default_rng(seed)
    planted = random.integers(0, len(CROWD), 20)
    asked = np.stack([turned_over(CROWD[one], random.permutation(256)[:apart]) for one in planted])
    expected = [(row, apart, int(one)) for row, one in enumerate(planted) if apart <= distance]
    assert told(CROWDED[name].find(asked, distance=distance)) == expected
    assert told(CROWDED[name].join(asked, distance=distance)) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=16, max_size=16), st.integers(0, 2**32), one_of)
def test_no_spread_of_the_differing_bits_over_the_chunks_hides_a_code(spread: list[int], seed: int, name: str) -> None:
    bits = spread_over(np.random.default_rng(seed), spread)
    asked = turned_over(CROWD[5], bits)[None, :]
    for distance in range(MAX_DISTANCE + 1):
        expected = [(0, len(bits), 5)] if len(bits) <= distance else []
        assert told(CROWDED[name].find(asked, distance=distance)) == expected


@every_one
@pytest.mark.parametrize("distance", range(MAX_DISTANCE + 1))
def test_the_spreads_that_just_fit_the_allowances_are_found_however_they_are_turned(name: str, distance: int) -> None:
    # One bit less than allowed in all: in each rotation but one chunk's worth every chunk is as bad as it can be.
    patterns = [allowances(distance), [2] * 16, [1, 3] * 8, [0, 4] * 8, [0, 2, 4, 2] * 4, [16, 0, 0, 0] * 4]
    asked = []
    for pattern in patterns:
        for turn in range(CHUNKS):
            counts = list(np.roll(pattern, turn))
            while sum(counts) > distance:
                counts[counts.index(max(counts))] -= 1
            asked += [turned_over(CROWD[11], spread_over(RANDOM, counts))]
    apart = [int(np.bitwise_count(code ^ CROWD[11]).sum()) for code in asked]
    expected = [(row, bits, 11) for row, bits in enumerate(apart)]
    assert max(apart) == distance
    assert told(CROWDED[name].find(np.stack(asked), distance=distance)) == expected
    assert told(CROWDED[name].join(np.stack(asked), distance=distance)) == expected


@every_one
@pytest.mark.parametrize("short_one", range(16))
def test_two_bits_in_each_chunk_but_one_are_found_at_31_wherever_that_one_is(name: str, short_one: int) -> None:
    counts = [1 if chunk == short_one else 2 for chunk in range(CHUNKS)]
    asked = turned_over(CROWD[11], spread_over(RANDOM, counts))[None, :]
    assert told(CROWDED[name].find(asked)) == [(0, 31, 11)]
    assert told(CROWDED[name].find(asked, distance=30)) == []


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(DISTANCES),
    st.sampled_from([1, 30, FEWEST_INDEXED - 1, FEWEST_INDEXED, 1_000]),
    st.sampled_from([0.01, 0.03, 0.06, 0.5]),
    one_of,
)
def test_crowds_are_answered_as_by_brute_force_in_every_way(
    seed: int, distance: int, size: int, share: float, name: str
) -> None:
    around = clustered_codes(np.random.default_rng(seed), size + 40, share)
    known, asked = around[:size], around[size:]
    index = BUILDERS[name](known, distance)
    assert told(index.find(asked)) == brute_force(known, asked, distance)
    all_ways(index, asked, distance)


@every_one
def test_a_thousand_codes_of_one_bucket_and_many_equal_ones_are_all_found(name: str) -> None:
    equal = np.repeat(CROWD[:1], 300, axis=0)
    alike = random_codes(RANDOM, 1_000)
    alike[:, :4] = CROWD[0, :4]  # the same first two chunks, so that the sieve keeps all of them
    known = np.concatenate([equal, alike, CROWD])
    asked = np.concatenate([CROWD[:20], alike[:20]])
    index = BUILDERS[name](known, MAX_DISTANCE)
    assert told(index.find(asked)) == brute_force(known, asked, MAX_DISTANCE)
    all_ways(index, asked, MAX_DISTANCE)


def test_the_twin_works_in_bounded_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "_CANDIDATES_AT_ONCE", 1_000)
    known = np.concatenate([np.repeat(CROWD[:1], 2_000, axis=0), CROWD])
    assert told(BUILDERS["numpy"](known, 31).find(CROWD[:30])) == brute_force(known, CROWD[:30], 31)


@every_one
def test_more_queries_than_are_worked_on_at_once_keep_their_rows(name: str) -> None:
    asked = np.tile(CROWD, (5, 1))  # 15,000: the crate then goes bucket by bucket by itself
    rows, numbers, distances = CROWDED[name].find(asked)
    assert rows.tolist() == list(range(len(asked)))
    assert numbers.tolist() == list(range(len(CROWD))) * 5
    assert not distances.any()


@every_one
def test_an_empty_set_or_an_empty_question_has_an_empty_answer(name: str) -> None:
    nobody = BUILDERS[name](CROWD[:0], 31)
    assert len(nobody) == 0
    assert nobody.find_one(CROWD[0].tobytes()) == []
    for index, asked in ((nobody, CROWD[:3]), (CROWDED[name], CROWD[:0])):
        assert told(index.find(asked)) == []
        assert told(index.join(asked)) == []


@pytest.mark.parametrize("native", [True, False])
def test_answers_carry_the_entries_own_numbers_least_first(native: bool) -> None:
    numbers = np.array([5, -7, 2**62], dtype=np.int64)
    known = np.repeat(CROWD[:1], 3, axis=0)
    index = build_near_index(known, numbers, distance=0, order=ORDER, native=native)
    assert told(index.find(CROWD[:1])) == [(0, 0, -7), (0, 0, 5), (0, 0, 2**62)]
    assert index.find_one(CROWD[0].tobytes()) == [(-7, 0), (5, 0), (2**62, 0)]


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("distance", [32, -1])
def test_a_distance_that_could_miss_matches_is_refused(native: bool, distance: int) -> None:
    with pytest.raises(ConfigError, match="0 to 31"):
        build_near_index(CROWD, np.arange(len(CROWD)), distance=distance, order=ORDER, native=native)


@every_one
def test_a_larger_distance_than_was_built_for_is_refused(name: str) -> None:
    index = BUILDERS[name](CROWD, 15)
    assert index.distance == 15
    for ask in (index.find, index.join):
        with pytest.raises(ConfigError, match="build it for 16"):
            ask(CROWD[:1], distance=16)
    with pytest.raises(ConfigError, match="build it for 16"):
        index.find_one(CROWD[0].tobytes(), distance=16)


@pytest.mark.parametrize("native", [True, False])
def test_arrays_of_another_shape_are_refused(native: bool) -> None:
    with pytest.raises(ValueError, match="n x 32"):
        build_near_index(CROWD, np.arange(7), order=ORDER, native=native)
    with pytest.raises(ValueError, match="16 bytes"):
        build_near_index(CROWD, np.arange(len(CROWD)), order=b"short", native=native)
    index = build_near_index(CROWD, np.arange(len(CROWD)), order=ORDER, native=native)
    for wrong in (CROWD[:, :31], CROWD[0]):
        with pytest.raises(ValueError, match="m x 32"):
            index.find(wrong)
    with pytest.raises(ValueError, match="32"):
        index.find_one(bytes(31))


@pytest.mark.parametrize("native", [True, False])
def test_queries_may_be_a_view_of_something_larger(native: bool) -> None:
    index = build_near_index(CROWD, np.arange(len(CROWD)), order=ORDER, native=native)
    wide = np.concatenate([CROWD, CROWD], axis=1)
    wide.flags.writeable = False
    assert told(index.find(wide[10:30:2, 32:])) == [(row, 0, 10 + 2 * row) for row in range(10)]


@every_one
def test_a_closed_index_says_so_and_may_be_closed_again(name: str) -> None:
    with BUILDERS[name](CROWD, 31) as index:
        assert len(index) == len(CROWD)
    index.close()
    for ask in (index.find, index.join):
        with pytest.raises(ValueError, match="closed"):
            ask(CROWD[:1])


@every_one
def test_look_ups_in_many_threads_while_it_is_closed_answer_whole_or_not_at_all(name: str) -> None:
    index = BUILDERS[name](CROWD, 31)
    expected = [(row, 0, row) for row in range(500)]

    def ask(turn: int) -> bool:
        if turn == 30:
            index.close()
        try:
            assert told(index.find(CROWD[:500])) == expected
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        answered = list(pool.map(ask, range(40)))
    assert answered[0]
    assert not answered[-1]


@every_one
def test_a_large_set_costs_at_most_140_bytes_an_entry_and_4_mib(name: str) -> None:
    size = 100_000
    index = BUILDERS[name](random_codes(RANDOM, size), 31)
    assert index.bytes_held <= 140 * size + 4 * 2**20


def test_smaller_distances_take_fewer_probes() -> None:
    probes = [sum(17 if table.neighbours else 1 for table in plan(distance)) for distance in range(32)]
    assert probes[0] == 1
    assert probes[7] == 8
    assert probes[31] == 272
    assert probes == sorted(probes)
