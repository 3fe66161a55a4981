import pytest

from zoeklicht.practice.scoring import score
from zoeklicht.practice.truth import Truth
from zoeklicht.practice.web import PracticeWeb


@pytest.fixture
def truth(web: PracticeWeb) -> Truth:
    return web.truth


def test_every_planted_picture_once_and_nothing_else_is_perfect(truth: Truth) -> None:
    result = score(truth, [each.url for each in truth.planted])
    assert result.perfect
    assert result.found == result.planted == len(truth.planted)


def test_what_was_overlooked_is_named(truth: Truth) -> None:
    first, *others = (each.url for each in truth.planted)
    result = score(truth, others)
    assert not result.perfect
    assert result.missing == (first,)
    assert result.found == result.planted - 1


def test_what_should_not_have_hit_is_told_apart(truth: Truth) -> None:
    near, forbidden = truth.near_misses[0].url, truth.forbidden[0].url
    planted = [each.url for each in truth.planted]
    result = score(truth, [*planted, planted[0], near, forbidden, "http://127.0.0.2/other.jpg"])
    assert result.repeated == (planted[0],)
    assert result.near_misses == (near,)
    assert result.forbidden == (forbidden,)
    assert result.false == ("http://127.0.0.2/other.jpg",)
    assert result.missing == ()
    assert not result.perfect


@pytest.mark.parametrize("kind", ["near_misses", "forbidden"])
def test_one_wrong_hit_spoils_the_score(truth: Truth, kind: str) -> None:
    wrong = getattr(truth, kind)[0].url
    assert not score(truth, [*(each.url for each in truth.planted), wrong]).perfect
