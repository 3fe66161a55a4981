"""The KnownSet port. One adapter ships: a store loaded into indexes."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.contract.records import DIHEDRAL, ImageSeen
from matchers.contract.ports import KnownSet
from matchers.contract.records import Algorithm, KnownEntry, Match
from matchers.known import KnownStore, LoadedKnownSet
from tests.pictures_seen import flipped, hash_of, picture_seen

Load = Callable[..., LoadedKnownSet]
LOOKS = hash_of("known looks")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnownStore]:
    opened = KnownStore(tmp_path / "known.sqlite", clock=time.time)
    yield opened
    opened.close()


@pytest.fixture
def load(store: KnownStore) -> Load:
    def loaded(
        *entries: KnownEntry, distance: int = 31, min_quality: int = 50, dihedral: bool = True
    ) -> LoadedKnownSet:
        for number, entry in enumerate(entries):
            store.import_rows(entry.list, [entry], file=str(number))
        return LoadedKnownSet(store, distance=distance, min_quality=min_quality, dihedral=dihedral)

    return loaded


def entry(algorithm: Algorithm, value: str, list_id: str = "1", *, list_name: str = "a list") -> KnownEntry:
    return KnownEntry(
        algorithm=algorithm, value=value, list=list_name, list_id=list_id, category="baseline", source="hotline"
    )


def told(known: KnownSet, seen: ImageSeen) -> list[tuple[str, int, str, str | None]]:
    (matches,) = known.match([seen])
    return [(match.algorithm, match.distance, match.list_id, match.turned) for match in matches]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_an_exact_digest_matches_with_its_provenance(load: Load, algorithm: Algorithm) -> None:
    known = load(entry(algorithm, hash_of("a", algorithm)))
    assert known.match([picture_seen("b"), picture_seen("a")]) == [
        (),
        (Match(algorithm=algorithm, distance=0, list="a list", list_id="1", category="baseline", source="hotline"),),
    ]


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


def test_matches_are_told_best_first(load: Load) -> None:
    known = load(
        entry("pdq", flipped(LOOKS, range(7)), "far"),
        entry("pdq", LOOKS, "near"),
        entry("md5", hash_of("a", "md5"), "weak"),
        entry("sha256", hash_of("a"), "strong"),
        entry("sha256", hash_of("a"), "strong", list_name="b list"),
    )
    (matches,) = known.match([picture_seen("a", pdq=LOOKS)])
    assert [(match.list, match.list_id, match.distance) for match in matches] == [
        ("a list", "strong", 0),
        ("b list", "strong", 0),
        ("a list", "weak", 0),
        ("a list", "near", 0),
        ("a list", "far", 7),
    ]


def test_two_hashes_of_one_algorithm_under_one_list_id_are_one_match(load: Load) -> None:
    known = load(entry("pdq", flipped(LOOKS, range(5))), entry("pdq", flipped(LOOKS, range(3))))
    assert told(known, picture_seen("a", pdq=LOOKS)) == [("pdq", 3, "1", None)]


def test_looks_of_low_quality_are_not_matched_but_digests_are(load: Load) -> None:
    known = load(entry("pdq", LOOKS), entry("md5", hash_of("a", "md5")))
    assert told(known, picture_seen("a", pdq=LOOKS, quality=49)) == [("md5", 0, "1", None)]
    assert told(known, picture_seen("a", pdq=LOOKS, quality=50)) == [("md5", 0, "1", None), ("pdq", 0, "1", None)]


def test_an_empty_set_matches_nothing(load: Load) -> None:
    known = load()
    assert (known.version, known.match([picture_seen("a")]), known.match([])) == (0, [()], [])


def test_a_new_version_is_taken_when_asked_and_only_then(load: Load, store: KnownStore) -> None:
    known = load(entry("md5", hash_of("a", "md5")))
    assert not known.refresh()
    store.import_rows("a list", [entry("md5", hash_of("b", "md5"), "2")], file="b.csv")
    assert (known.version, told(known, picture_seen("b"))) == (1, [])
    assert known.refresh()
    assert (known.version, told(known, picture_seen("b"))) == (2, [("md5", 0, "2", None)])


def test_an_import_elsewhere_works_without_a_restart(load: Load, store: KnownStore) -> None:
    known = load()
    with known.kept_fresh(0.01):
        store.import_rows("a list", [entry("md5", hash_of("a", "md5"))], file="a.csv")
        deadline = time.monotonic() + 30
        while not told(known, picture_seen("a")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert known.version == 1


def test_a_set_goes_on_answering_while_it_is_exchanged(load: Load, store: KnownStore) -> None:
    known = load(entry("md5", hash_of("a", "md5")))
    answers: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            answers.append(len(told(known, picture_seen("a"))))

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(10):
        store.import_rows("a list", [entry("md5", hash_of(str(number), "md5"), f"n{number}")], file="b.csv")
        known.refresh()
    ended.set()
    asking.join()
    assert answers
    assert set(answers) == {1}
    assert known.version == 11
