"""How a batch is shared out among hosts."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier.sharing import shares

ROOMS = st.lists(st.integers(0, 9), max_size=12)


@given(most=ROOMS, limit=st.integers(0, 60))
def test_as_much_is_shared_out_as_can_be_and_evenly(most: list[int], limit: int) -> None:
    given_out = shares(most, limit)
    assert sum(given_out) == min(limit, sum(most))
    assert all(share <= bound for share, bound in zip(given_out, most, strict=True))
    largest = max(given_out, default=0)
    assert all(share in (bound, largest, largest - 1) for share, bound in zip(given_out, most, strict=True))
