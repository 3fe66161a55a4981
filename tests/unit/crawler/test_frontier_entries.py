"""Targets as Redis holds them."""

import math

from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.frontier import Target, Visit
from crawler.frontier import entries

ADDRESSES = st.builds(
    "".join,
    st.tuples(st.sampled_from(["http://", "https://", "https://a.example/"]), st.text("abå/🙂?=1", max_size=12)),
)
TARGETS = st.builds(
    Target,
    fingerprint=st.integers(-(2**63), 2**63 - 1),
    url=ADDRESSES,
    host=st.sampled_from(["a.example", "b.example:8080", "[::1]:80", "bücher.example"]),
    site=st.text(min_size=1, max_size=300),
    kind=st.sampled_from(["page", "picture"]),
    priority=st.integers(0, 1000),
    gap=st.floats(0, 1e9),
    depth=st.integers(0, 2**40),
    chain=st.lists(ADDRESSES, max_size=6).map(tuple),
    report_id=st.none() | st.text(min_size=1, max_size=60),
    hops=st.integers(0, 2**40),
    force=st.booleans(),
    not_before=st.none() | st.floats(allow_nan=False),
    attempt=st.integers(0, 2**32 - 1),
    visit=st.none() | st.builds(Visit, interval=st.floats(1, 1e9), misses=st.integers(0, 2**20)),
    sealed_address=st.none() | st.just("sealed-" * 20),
)


@given(target=TARGETS)
def test_a_target_comes_out_as_it_went_in(target: Target) -> None:
    assert entries.decode(target.host, entries.encode(target)) == target


def test_a_long_chain_of_similar_addresses_takes_little() -> None:
    chain = tuple(f"https://forum.example/boards/holiday-pictures/threads/4711?page={n}" for n in range(30))
    target = Target(
        fingerprint=-(2**62),
        url="https://forum.example/attachments/4711/0815.jpg",
        host="forum.example",
        site="forum",
        kind="picture",
        chain=chain,
    )
    plain = math.fsum(len(url) for url in chain)
    assert len(entries.encode(target)) < plain / 6
