import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matchers.known.exact import Bytes2D, DigestIndex

# Few values for the first and last bytes, so that heads collide and differ in the rest only.
DIGEST = st.tuples(st.sampled_from([b"\0", b"\1", b"\xff"]), st.sampled_from([b"\0", b"\1", b"\xff"])).map(
    lambda ends: ends[0] + bytes(14) + ends[1]
)


def matrix(digests: list[bytes]) -> Bytes2D:
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16)


@given(st.lists(DIGEST, max_size=20), st.lists(DIGEST, max_size=5))
def test_every_equal_digest_is_found_and_nothing_else(known: list[bytes], asked: list[bytes]) -> None:
    index = DigestIndex.built(matrix(known), np.arange(len(known)) + 100)
    for each in (index, DigestIndex(index.columns)):
        rows, numbers = each.find(matrix(asked))
        assert sorted(zip(rows.tolist(), numbers.tolist(), strict=True)) == [
            (row, number + 100) for row, one in enumerate(asked) for number, other in enumerate(known) if one == other
        ]
