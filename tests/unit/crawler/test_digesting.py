import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contract.digesting import keyed_digest

KEY = bytes(range(32))
TEXTS = st.lists(st.text(max_size=20), max_size=4)


@given(TEXTS, TEXTS)
def test_only_equal_parts_have_equal_digests(one: list[str], other: list[str]) -> None:
    assert (keyed_digest(KEY, "test", *one) == keyed_digest(KEY, "test", *other)) == (one == other)


def test_parts_cannot_run_into_each_other() -> None:
    digests = {keyed_digest(KEY, "test", *parts) for parts in [("ab", "c"), ("a", "bc"), ("abc",), ("abc", "")]}
    assert len(digests) == 4


def test_another_key_or_purpose_gives_another_digest() -> None:
    assert keyed_digest(KEY, "item", "x") != keyed_digest(bytes(32), "item", "x")
    assert keyed_digest(KEY, "item", "x") != keyed_digest(KEY, "page", "x")


def test_a_digest_is_keyed_blake2b_over_length_and_text_of_each_part() -> None:
    expected = hashlib.blake2b(
        b"\0\0\0\0\0\0\0\x02\xc3\xa9" + b"\0\0\0\0\0\0\0\x01x", key=KEY, digest_size=16, person=b"item"
    )
    assert keyed_digest(KEY, "item", "é", "x") == expected.hexdigest()


def test_a_lone_surrogate_has_a_digest_too() -> None:
    assert keyed_digest(KEY, "item", "\ud800") == keyed_digest(KEY, "item", "\ud800")


@pytest.mark.parametrize(("key", "purpose"), [(b"short", "item"), (KEY, ""), (KEY, "x" * 17), (KEY, "é")])
def test_a_short_key_or_an_unfit_purpose_is_refused(key: bytes, purpose: str) -> None:
    with pytest.raises(ValueError, match=r"digest key|purpose"):
        keyed_digest(key, purpose, "x")
