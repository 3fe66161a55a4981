"""The veil: distances stay, everything else goes; one key's files are of no use with another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.contract.records import NearAlgorithm
from matchers.veil import WIDTHS, Veil

KEY, OTHER = bytes(range(32)), bytes(32)
VEIL = Veil(KEY)
PDQ = st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=20)


def matrix(hashes: list[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(len(hashes), -1)


@given(PDQ)
def test_distances_between_hashes_stay_as_they_are(hashes: list[bytes]) -> None:
    plain = matrix(hashes)
    veiled = VEIL.near("pdq", plain)
    for one in range(len(hashes)):
        apart = np.bitwise_count(plain ^ plain[one]).sum(axis=1)
        assert (np.bitwise_count(veiled ^ veiled[one]).sum(axis=1) == apart).all()


@given(PDQ)
def test_hashes_veiled_one_by_one_and_together_are_the_same_and_come_back(hashes: list[bytes]) -> None:
    plain = matrix(hashes)
    veiled = VEIL.near("pdq", plain)
    assert (np.concatenate([VEIL.near("pdq", plain[row : row + 1]) for row in range(len(hashes))]) == veiled).all()
    assert (VEIL.unveiled("pdq", veiled) == plain).all()


@pytest.mark.parametrize("algorithm", list(WIDTHS))
def test_no_bit_stays_in_its_place_for_all_hashes_and_each_goes_somewhere(algorithm: NearAlgorithm) -> None:
    width = WIDTHS[algorithm]
    nothing = VEIL.near(algorithm, np.zeros((1, width), dtype=np.uint8))
    single = np.packbits(np.eye(8 * width, dtype=np.uint8), axis=1)
    moved = np.unpackbits(VEIL.near(algorithm, single) ^ nothing, axis=1)
    assert (moved.sum(axis=0) == 1).all()
    assert (moved.sum(axis=1) == 1).all()
    assert np.diag(moved).sum() < width  # a few by chance, not most
    assert 0 < np.unpackbits(nothing).sum() < 8 * width


def test_another_key_gives_other_hashes_other_digests_and_another_fingerprint() -> None:
    plain = matrix([bytes(range(32))])
    other = Veil(OTHER)
    assert (VEIL.near("pdq", plain) != other.near("pdq", plain)).any()
    assert (VEIL.digests("md5", [b"x" * 16]) != other.digests("md5", [b"x" * 16])).any()
    assert VEIL.fingerprint != other.fingerprint
    assert KEY not in VEIL.fingerprint


def test_a_digest_tells_its_algorithm_apart_and_is_always_the_same() -> None:
    digest = bytes(16)
    assert (VEIL.digests("md5", [digest, digest])[0] == Veil(KEY).digests("md5", [digest])[0]).all()
    assert (VEIL.digests("md5", [digest]) != VEIL.digests("sha1", [digest])).any()
    assert VEIL.digests("sha256", []).shape == (0, 16)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Veil(b"short")
