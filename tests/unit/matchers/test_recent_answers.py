import msgspec

from matchers.known.recent import RecentAnswers, asked_as
from tests.pictures_seen import picture_seen


def test_those_not_asked_for_longest_go_first() -> None:
    recent = RecentAnswers[int](2)
    recent.put({b"a": 1, b"b": 2})
    assert recent.get(frozenset([b"a"])) == {b"a": 1}
    recent.put({b"c": 3})
    assert recent.get(frozenset([b"a", b"b", b"c"])) == {b"a": 1, b"c": 3}
    assert len(recent) == 2


def test_none_are_kept_where_none_are_wanted() -> None:
    recent = RecentAnswers[int](0)
    recent.put({b"a": 1})
    assert recent.get(frozenset([b"a"])) == {}


def test_the_same_picture_elsewhere_is_asked_as_the_same_and_any_other_look_is_not() -> None:
    seen = picture_seen("a", at="here")
    assert asked_as(seen) == asked_as(picture_seen("a", at="there", minute=5))
    assert seen.looks is not None
    for other in ({"phash": "f" * 16}, {"pdq_quality": 3}, {"pdq_dihedral": ("0" * 64,)}):
        changed = msgspec.structs.replace(seen, looks=msgspec.structs.replace(seen.looks, **other))
        assert asked_as(changed) != asked_as(seen)
    assert asked_as(msgspec.structs.replace(seen, looks=None)) != asked_as(seen)
