import csv
from hashlib import md5, sha256
from typing import get_args

import msgspec
import pytest

from crawler.contract.reasons import Reason
from crawler.hashing import Hashed, Limits, hash_picture
from zoeklicht.practice.truth import Treatment, Truth, as_json, known_csv
from zoeklicht.practice.web import PracticeWeb

MATCHING_DISTANCE = 31


@pytest.fixture(scope="session")
def served(web: PracticeWeb) -> dict[str, bytes]:
    """The bytes of every picture that can be reached, by its address."""
    return {
        f"http://{address}:{web.port}{target}": web.body_of(answer)
        for (address, target), answer in web.answers.items()
        if answer.kind == "picture"
    }


@pytest.fixture(scope="session")
def hashed(served: dict[str, bytes]) -> dict[str, Hashed]:
    limits = Limits(max_pixels=50_000_000, dihedral=False)
    return {url: hash_picture(data, limits) for url, data in served.items()}


def pdq_distances(hashed: Hashed, web: PracticeWeb) -> dict[str, int]:
    assert hashed.looks is not None
    seen = int(hashed.looks.pdq, 16)
    return {each.list_id: (int(each.pdq, 16) ^ seen).bit_count() for each in web.known if each.pdq is not None}


def test_what_is_planted_matches_its_entry_and_no_other(web: PracticeWeb, hashed: dict[str, Hashed]) -> None:
    for planted in web.truth.planted:
        distances = pdq_distances(hashed[planted.url], web)
        assert distances.pop(planted.list_id) == planted.distance <= MATCHING_DISTANCE
        assert min(distances.values()) > MATCHING_DISTANCE


def test_everything_else_matches_nothing(web: PracticeWeb, hashed: dict[str, Hashed]) -> None:
    planted = {each.url for each in web.truth.planted}
    exact = {each.sha256 for each in web.known}
    for url, found in hashed.items():
        if url not in planted:
            assert found.digests.sha256 not in exact
            assert found.looks is None or min(pdq_distances(found, web).values()) > MATCHING_DISTANCE


def test_near_misses_are_near(web: PracticeWeb, hashed: dict[str, Hashed]) -> None:
    assert len(web.truth.near_misses) >= 4
    for near in web.truth.near_misses:
        assert pdq_distances(hashed[near.url], web)[near.list_id] == near.distance
        assert 33 <= near.distance <= 60


def test_identical_ones_have_the_very_bytes_of_the_list_and_no_others_have(
    web: PracticeWeb, served: dict[str, bytes]
) -> None:
    known = {each.list_id: each for each in web.known}
    for planted in web.truth.planted:
        data, entry = served[planted.url], known[planted.list_id]
        same = sha256(data).hexdigest() == entry.sha256
        assert same == (planted.treatment == "identical")
        assert (md5(data).hexdigest() == entry.md5) == same


def test_every_known_picture_is_planted_and_every_disguise_is_used(web: PracticeWeb) -> None:
    assert {each.list_id for each in web.truth.planted} == {each.list_id for each in web.known}
    assert {each.treatment for each in web.truth.planted} == set(get_args(Treatment))


def test_a_thumbnail_can_be_all_that_is_left_of_a_known_picture(web: PracticeWeb) -> None:
    planted = {each.url for each in web.truth.planted}
    gone = {each.url for each in web.truth.broken if each.reason is Reason.NOT_FOUND}
    left = {url.replace("/full/", "/thumb/").rpartition(":")[2] for url in gone if "/full/" in url}
    assert left
    assert left <= {url.rpartition(":")[2] for url in planted}


def test_broken_pictures_are_broken_in_the_way_the_truth_says(web: PracticeWeb, hashed: dict[str, Hashed]) -> None:
    reasons = {each.url: each.reason for each in web.truth.broken if each.reason is not Reason.NOT_FOUND}
    assert {url: found.undecoded for url, found in hashed.items() if found.looks is None} == reasons
    assert set(reasons.values()) == {
        Reason.TRUNCATED,
        Reason.EMPTY,
        Reason.NOT_A_PICTURE,
        Reason.TOO_MANY_PIXELS,
        Reason.UNSUPPORTED_FORMAT,
    }


def test_a_picture_without_edges_is_too_poor_to_match_on(hashed: dict[str, Hashed]) -> None:
    assert any(found.looks is not None and found.looks.pdq_quality < 50 for found in hashed.values())


def test_the_truth_can_be_written_and_read_back(web: PracticeWeb) -> None:
    assert msgspec.json.decode(as_json(web.truth), type=Truth) == web.truth


def test_the_known_list_holds_three_hashes_of_each_picture_under_one_name(web: PracticeWeb) -> None:
    rows = list(csv.DictReader(known_csv(web.known).decode().splitlines()))
    for entry in web.known:
        mine = {row["algorithm"]: row["hash"] for row in rows if row["list_id"] == entry.list_id}
        assert mine == {"sha256": entry.sha256, "md5": entry.md5, "pdq": entry.pdq}
    assert len(rows) == 3 * len(web.known)


def test_the_known_pictures_hide_their_hashes_when_printed(web: PracticeWeb) -> None:
    assert web.known[0].pdq is not None
    assert web.known[0].pdq not in repr(web.known[0])
