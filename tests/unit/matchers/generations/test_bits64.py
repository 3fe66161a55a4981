import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matchers.known.exact import Bytes2D
from matchers.known.generations.bits64 import Bits64Index

CODE = st.integers(0, (1 << 64) - 1)
FLIPS = st.lists(st.integers(0, 63), max_size=7).map(lambda bits: sum(1 << bit for bit in set(bits)))


def matrix(codes: list[int]) -> Bytes2D:
    return np.array(codes, dtype=np.uint64).view(np.uint8).reshape(-1, 8)


def brute_force(known: list[int], asked: list[int]) -> list[tuple[int, int, int]]:
    pairs = [
        (row, 7 * place, (one ^ other).bit_count())
        for row, one in enumerate(asked)
        for place, other in enumerate(known)
    ]
    return sorted(pair for pair in pairs if pair[2] <= 4)


@given(st.lists(CODE, min_size=1, max_size=6), st.lists(st.tuples(st.integers(0, 5), FLIPS), max_size=30), st.data())
def test_every_hash_within_four_bits_is_found_once_and_none_beyond(
    centres: list[int], near: list[tuple[int, int]], data: st.DataObject
) -> None:
    known = [centres[place % len(centres)] ^ flips for place, flips in near]
    asked = [each ^ data.draw(FLIPS) for each in centres]
    index = Bits64Index.built(matrix(known), 7 * np.arange(len(known)))
    for each in (index, Bits64Index(index.columns)):
        rows, numbers, distances = each.find(matrix(asked))
        found = sorted(zip(rows.tolist(), numbers.tolist(), distances.tolist(), strict=True))
        assert found == brute_force(known, asked)


def test_four_bits_anywhere_are_found_and_five_are_not() -> None:
    chance = np.random.default_rng(64)
    known = chance.integers(0, 1 << 64, 2_000, dtype=np.uint64)
    index = Bits64Index.built(known.view(np.uint8).reshape(-1, 8), np.arange(len(known)))
    for bits, expected in ((4, True), (5, False)):
        asked = known.copy()
        for row in range(len(asked)):
            for bit in chance.choice(64, bits, replace=False):
                asked[row] ^= np.uint64(1) << np.uint64(bit)
        rows, numbers, _ = index.find(asked.view(np.uint8).reshape(-1, 8))
        assert (np.flatnonzero(rows == numbers).size == len(known)) is expected
        assert expected or not (rows == numbers).any()


def test_an_empty_index_and_an_empty_question_are_answered_with_nothing() -> None:
    empty, some = Bits64Index.built(matrix([]), np.arange(0)), Bits64Index.built(matrix([1]), np.arange(1))
    assert [each.tolist() for each in empty.find(matrix([1]))] == [[], [], []]
    assert [each.tolist() for each in some.find(matrix([]))] == [[], [], []]
