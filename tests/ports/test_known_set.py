"""The KnownSet port. One adapter ships: a store and its index, of which all may be in memory, all built, or both."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from crawler.contract.records import DIHEDRAL, ImageSeen, Prepared
from matchers.contract.ports import KnownSet
from matchers.contract.records import Algorithm, KnownEntry, Match
from matchers.known import KnownStore, LoadedKnownSet
from matchers.known.generations import build_generation, index_folder
from tests.known_sets import FIRST, add, known_store
from tests.pictures_seen import flipped, hash_of, picture_seen

Load = Callable[..., LoadedKnownSet]
LOOKS = hash_of("known looks")
LONG_AGO = 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnownStore]:
    opened = known_store(tmp_path / "known.sqlite")
    yield opened
    opened.close()


@pytest.fixture(params=["in memory", "built", "half built"])
def load(store: KnownStore, request: pytest.FixtureRequest) -> Load:
    built: Literal["in memory", "built", "half built"] = request.param

    def loaded(
        *entries: KnownEntry, distance: int = 31, min_quality: int = 50, dihedral: bool = True
    ) -> LoadedKnownSet:
        at_first = {"in memory": 0, "built": len(entries), "half built": len(entries) // 2}[built]
        add(store, entries[:at_first])
        if built != "in memory":
            build(store)
        add(store, entries[at_first:])
        return LoadedKnownSet(store, distance=distance, min_quality=min_quality, dihedral=dihedral)

    return loaded


def build(store: KnownStore) -> None:
    build_generation(store, index_folder(store.path), clock=lambda: LONG_AGO)


def entry(
    algorithm: Algorithm,
    value: str,
    list_id: str = "1",
    *,
    list_name: str = "a list",
    category: str | None = "baseline",
) -> KnownEntry:
    return KnownEntry(
        algorithm=algorithm, value=value, list=list_name, list_id=list_id, category=category, source="hotline"
    )


def told(known: KnownSet, seen: ImageSeen) -> list[tuple[str, int, str, str | None]]:
    return [(match.algorithm, match.distance, match.list_id, match.turned) for match in matches(known, seen)]


def matches(known: KnownSet, seen: ImageSeen) -> tuple[Match, ...]:
    (found,) = known.match([seen]).matches
    return found


def held_apart(known: KnownSet, seen: ImageSeen) -> list[tuple[str, str | None]]:
    return [(match.algorithm, match.held_apart) for match in matches(known, seen)]


def looking(seen: ImageSeen, **looks: object) -> ImageSeen:
    """The picture with other looks."""
    assert seen.looks is not None
    return msgspec.structs.replace(seen, looks=msgspec.structs.replace(seen.looks, **looks))


def prepared(how: Literal["reduced_512", "squeezed_512"], pdq: str, *, quality: int = 100) -> Prepared:
    return Prepared(how=how, pdq=pdq, pdq_quality=quality)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_an_exact_digest_matches_with_its_provenance(load: Load, algorithm: Algorithm) -> None:
    known = load(entry(algorithm, hash_of("a", algorithm)))
    answer = known.match([picture_seen("b"), picture_seen("a")])
    assert answer.version == known.version
    assert answer.matches == (
        (),
        (
            Match(
                algorithm=algorithm,
                distance=0,
                list="a list",
                list_id="1",
                category="baseline",
                source="hotline",
                meaning="baseline",
            ),
        ),
    )


def test_a_picture_that_could_not_be_decoded_still_matches_by_its_digests(load: Load) -> None:
    known = load(entry("sha1", hash_of("a", "sha1")), entry("pdq", LOOKS))
    assert told(known, picture_seen("a", decoded=False)) == [("sha1", 0, "1", None)]


def test_a_sha256_never_matches_a_pdq_of_the_same_value(load: Load) -> None:
    known = load(entry("pdq", hash_of("a")), entry("sha256", LOOKS))
    assert told(known, picture_seen("a", pdq=LOOKS)) == []


def test_looks_match_up_to_the_distance_and_not_beyond(load: Load) -> None:
    known = load(entry("pdq", LOOKS), distance=20)
    assert told(known, picture_seen("a", pdq=flipped(LOOKS, range(20)))) == [("pdq", 20, "1", None)]
    assert told(known, picture_seen("a", pdq=flipped(LOOKS, range(21)))) == []


def test_every_turned_view_is_matched_and_named(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    for position, name in enumerate(DIHEDRAL):
        turned = [hash_of(f"view {i}") for i in range(7)]
        turned[position] = flipped(LOOKS, [3])
        assert told(known, picture_seen("a", turned=turned)) == [("pdq", 1, "1", name)]


def test_turned_views_are_left_out_where_that_is_configured(load: Load) -> None:
    known = load(entry("pdq", LOOKS), dihedral=False)
    assert told(known, picture_seen("a", turned=[LOOKS] * 7)) == []


def test_an_entry_is_told_once_at_its_least_distance(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    seen = picture_seen("a", pdq=flipped(LOOKS, range(9)), turned=[flipped(LOOKS, [1, 2]), LOOKS])
    assert told(known, seen) == [("pdq", 0, "1", "rotated_180")]


def test_the_picture_as_it_is_comes_before_a_turned_one_at_the_same_distance(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    assert told(known, picture_seen("a", pdq=flipped(LOOKS, [1]), turned=[flipped(LOOKS, [2])])) == [
        ("pdq", 1, "1", None)
    ]


def test_a_preparation_matches_and_is_named(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    other = prepared("reduced_512", hash_of("something else"))
    turned = msgspec.structs.replace(
        prepared("squeezed_512", hash_of("another thing")), pdq_dihedral=(flipped(LOOKS, [8]),)
    )
    (match,) = matches(known, looking(picture_seen("a"), prepared=(other, turned)))
    assert (match.distance, match.prepared, match.turned) == (1, "squeezed_512", "rotated_90")


def test_full_resolution_comes_before_a_preparation_at_the_same_distance_and_after_a_nearer_one(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    seen = picture_seen("a", pdq=flipped(LOOKS, [1, 2]))
    as_far = looking(seen, prepared=(prepared("reduced_512", flipped(LOOKS, [3, 4])),))
    nearer = looking(seen, prepared=(prepared("reduced_512", flipped(LOOKS, [3])),))
    assert [(match.prepared, match.distance) for match in matches(known, as_far)] == [(None, 2)]
    assert [(match.prepared, match.distance) for match in matches(known, nearer)] == [("reduced_512", 1)]


def test_matches_are_told_best_first(load: Load) -> None:
    known = load(
        entry("pdq", flipped(LOOKS, range(7)), "far"),
        entry("pdq", LOOKS, "near"),
        entry("md5", hash_of("a", "md5"), "weak"),
        entry("sha256", hash_of("a"), "strong"),
        entry("sha256", hash_of("a"), "strong", list_name="b list"),
    )
    assert [(match.list, match.list_id, match.distance) for match in matches(known, picture_seen("a", pdq=LOOKS))] == [
        ("a list", "strong", 0),
        ("b list", "strong", 0),
        ("a list", "weak", 0),
        ("a list", "near", 0),
        ("a list", "far", 7),
    ]


def test_two_hashes_of_one_algorithm_under_one_list_id_are_one_match(load: Load) -> None:
    known = load(entry("pdq", flipped(LOOKS, range(5))), entry("pdq", flipped(LOOKS, range(3))))
    assert told(known, picture_seen("a", pdq=LOOKS)) == [("pdq", 3, "1", None)]


def test_near_matches_of_low_quality_are_held_apart_and_exact_ones_never(load: Load) -> None:
    known = load(entry("pdq", LOOKS), entry("md5", hash_of("a", "md5")))
    assert held_apart(known, picture_seen("a", pdq=LOOKS, quality=49)) == [("md5", None), ("pdq", "low_quality")]
    assert held_apart(known, picture_seen("b", pdq=LOOKS, quality=50)) == [("pdq", None)]


def test_a_view_of_enough_quality_counts_though_a_nearer_one_is_too_poor(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    seen = picture_seen("a", pdq=LOOKS, quality=20)
    better = looking(seen, prepared=(prepared("reduced_512", flipped(LOOKS, range(9)), quality=80),))
    (match,) = matches(known, better)
    assert (match.held_apart, match.distance, match.prepared) == (None, 9, "reduced_512")


@pytest.mark.parametrize("algorithm", ["phash", "dhash"])
def test_phash_and_dhash_alone_are_held_apart_and_beside_a_match_that_counts_they_are_evidence(
    load: Load, algorithm: Algorithm
) -> None:
    known = load(
        entry(algorithm, "0123456789abcdef", "own"),
        entry("pdq", LOOKS, "looks"),
        entry("sha1", hash_of("a", "sha1"), "digest"),
    )
    alone = looking(picture_seen("b"), **{algorithm: "0123456789abcde0"})
    assert held_apart(known, alone) == [(algorithm, "support_only")]
    assert matches(known, alone)[0].distance == 4
    assert held_apart(known, looking(alone, **{algorithm: "0123456789abcd00"})) == []
    assert held_apart(known, looking(picture_seen("a"), **{algorithm: "0123456789abcdef"})) == [
        ("sha1", None),
        (algorithm, None),
    ]
    assert held_apart(known, looking(alone, pdq=LOOKS)) == [("pdq", None), (algorithm, None)]
    poor = looking(alone, pdq=LOOKS, pdq_quality=10)
    assert held_apart(known, poor) == [("pdq", "low_quality"), (algorithm, "support_only")]


def test_matches_of_an_entry_that_floods_are_held_apart_until_it_is_released(load: Load, store: KnownStore) -> None:
    known = load(entry("pdq", LOOKS), entry("md5", hash_of("a", "md5"), "2"))
    seen = picture_seen("a", pdq=LOOKS)
    (number,) = [shown.number for shown in store.show("a list", "1")]
    store.mark_flooding([number])
    assert held_apart(known, seen) == [("md5", None), ("pdq", "flood")]
    store.release("a list", "1", by=FIRST, reason="looked at")
    assert held_apart(known, seen) == [("md5", None), ("pdq", None)]


def test_an_entry_that_is_withdrawn_matches_no_more_from_that_moment_on(load: Load, store: KnownStore) -> None:
    known = load(entry("pdq", LOOKS), entry("md5", hash_of("a", "md5"), "2"))
    seen = picture_seen("a", pdq=LOOKS)
    store.disable("a list", "1", by=FIRST, reason="a mistake")
    assert told(known, seen) == [("md5", 0, "2", None)]
    known.refresh()
    assert told(known, seen) == [("md5", 0, "2", None)]
    store.enable("a list", "1", by=FIRST, reason="no mistake")
    assert known.refresh()
    assert told(known, seen) == [("md5", 0, "2", None), ("pdq", 0, "1", None)]


def test_lists_that_disagree_about_a_hash_are_told_so(load: Load) -> None:
    known = load(
        entry("sha256", hash_of("a"), "1"),
        entry("pdq", LOOKS, "2"),
        entry("sha256", hash_of("a"), "3", list_name="b list", category="national"),
        entry("pdq", LOOKS, "4", list_name="b list", category="national"),
        entry("pdq", flipped(LOOKS, [7]), "other", list_name="c list", category="national"),
    )
    found = matches(known, picture_seen("a", pdq=flipped(LOOKS, [9])))
    assert {match.list_id: match.disputed for match in found} == {
        "1": True,
        "2": True,
        "3": True,
        "4": True,
        "other": False,
    }


def test_lists_that_agree_or_say_nothing_are_not_at_odds(load: Load) -> None:
    known = load(
        entry("pdq", LOOKS, "1"),
        entry("pdq", LOOKS, "2", list_name="b list"),
        entry("pdq", LOOKS, "3", list_name="c list", category=None),
        # As far from what is asked, and another hash.
        entry("pdq", flipped(LOOKS, [7, 9]), "4", list_name="d list", category="national"),
    )
    found = matches(known, picture_seen("a", pdq=flipped(LOOKS, [9])))
    assert [(match.list_id, match.distance, match.disputed) for match in found] == [
        (number, 1, False) for number in "1234"
    ]


def test_an_empty_set_matches_nothing(load: Load) -> None:
    known = load()
    assert known.match([]).matches == ()
    answer = known.match([picture_seen("a")])
    assert (answer.version, answer.matches) == (0, ((),))


def test_equal_pictures_are_asked_once_and_answered_each_time(load: Load) -> None:
    known = load(entry("md5", hash_of("a", "md5")))
    first = known.match([picture_seen("a", at="1"), picture_seen("b"), picture_seen("a", at="2")])
    again = known.match([picture_seen("a", at="3")])
    assert [len(each) for each in (*first.matches, *again.matches)] == [1, 0, 1, 1]
    assert (known.cache_counts.hits, known.cache_counts.misses) == (2, 2)


def test_another_decoding_of_the_same_bytes_is_asked_anew(load: Load) -> None:
    known = load(entry("pdq", LOOKS))
    assert told(known, picture_seen("a")) == []
    assert told(known, picture_seen("a", pdq=LOOKS)) == [("pdq", 0, "1", None)]
    assert held_apart(known, picture_seen("a", pdq=LOOKS, quality=3)) == [("pdq", "low_quality")]


def test_a_new_version_is_taken_when_asked_and_only_then(load: Load, store: KnownStore) -> None:
    known = load(entry("md5", hash_of("a", "md5")))
    before = known.version
    assert not known.refresh()
    add(store, [entry("md5", hash_of("b", "md5"), "2")])
    assert (known.version, told(known, picture_seen("b"))) == (before, [])
    assert known.refresh()
    assert (known.version, told(known, picture_seen("b"))) == (store.version, [("md5", 0, "2", None)])


def test_a_new_generation_is_taken_when_asked_and_answers_alike(load: Load, store: KnownStore) -> None:
    known = load(entry("md5", hash_of("a", "md5")), entry("pdq", LOOKS, "2"))
    build(store)
    before = known.match([picture_seen("a", pdq=LOOKS)])
    known.refresh()
    assert known.generation is not None
    assert known.overlay_entries == 0
    assert known.match([picture_seen("a", pdq=LOOKS)]) == before
    assert len(known) == 2


def test_an_import_elsewhere_works_without_a_restart(load: Load, store: KnownStore) -> None:
    known = load()
    with known.kept_fresh(0.01):
        add(store, [entry("md5", hash_of("a", "md5"))])
        deadline = time.monotonic() + 30
        while not told(known, picture_seen("a")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert known.version == store.version


def test_a_set_goes_on_answering_while_it_is_exchanged(load: Load, store: KnownStore) -> None:
    known = load(entry("md5", hash_of("a", "md5")))
    answers: list[int] = []
    ended = threading.Event()

    def ask(pictures: Iterable[ImageSeen]) -> None:
        for seen in pictures:
            if ended.is_set():
                break
            answers.append(len(told(known, seen)))

    asking = threading.Thread(target=ask, args=(iter(lambda: picture_seen("a"), None),))
    asking.start()
    for number in range(6):
        add(store, [entry("md5", hash_of(str(number), "md5"), f"n{number}")])
        if number % 2:
            build(store)
        known.refresh()
    ended.set()
    asking.join()
    assert answers
    assert set(answers) == {1}
    assert known.version == store.version
