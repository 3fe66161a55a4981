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


def every_place(truth: Truth) -> list[tuple[str, str | None]]:
    return [(each.url, each.path_inside) for each in truth.planted]


def test_what_lies_inside_of_something_is_found_by_its_path(full: PracticeWeb) -> None:
    places = every_place(full.truth)
    assert score(full.truth, places).perfect
    inside = next(place for place in places if place[1] is not None)
    result = score(full.truth, [place for place in places if place != inside] + [(inside[0], None)])
    assert result.missing == (f"{inside[0]} : {inside[1]}",)
    assert result.false == (inside[0],)


def test_what_was_overlooked_is_told_by_the_feature_that_it_would_have_proved(full: PracticeWeb) -> None:
    left_out = {"members", "video", None}
    found = [(each.url, each.path_inside) for each in full.truth.planted if each.feature not in left_out]
    result = score(full.truth, found)
    assert result.unproven == {"members": 3, "video": 2, "basic": len(result.missing) - 5}
    assert score(full.truth, every_place(full.truth)).unproven == {}


def test_what_appears_later_is_expected_only_then(full: PracticeWeb) -> None:
    later = [(each.url, each.path_inside) for each in full.truth.later if each.need in {"grown 1", "grown 2"}]
    everything = every_place(full.truth)
    assert score(full.truth, [*everything, *later], met={"grown 1", "grown 2"}).perfect
    assert score(full.truth, everything, met={"grown 1"}).unproven == {"growing": 1}
    assert len(score(full.truth, [*everything, *later], met={"grown 1"}).false) == 1


def test_a_host_may_be_spelled_in_any_way(full: PracticeWeb) -> None:
    spelled = [(url.replace("//127.0.0.20:", "//2130706452:"), inside) for url, inside in every_place(full.truth)]
    assert spelled != every_place(full.truth)
    assert score(full.truth, spelled).perfect
