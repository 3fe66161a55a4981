"""The HitStore port, on both adapters."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.contract.records import ImageSeen
from matchers.contract.ports import HitStore
from matchers.contract.records import Algorithm, CoverageFigure, Found, Match
from matchers.hits import HitsTable, open_hit_store
from matchers.match import findings
from tests.pictures_seen import DIGEST_KEY, NOON, picture_seen
from tests.services.elasticsearch import ElasticsearchServer


@pytest.fixture(params=["embedded", "elasticsearch"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> HitsTable:
    if request.param == "embedded":
        return HitsTable()
    server: ElasticsearchServer = request.getfixturevalue("elasticsearch_server")
    password_file = tmp_path / "password"
    password_file.touch(0o600)
    password_file.write_text(server.password)
    return HitsTable(
        kind="elasticsearch",
        urls=(server.url,),
        user=server.admin,
        password_file=password_file,
        prefix=f"test-{secrets.token_hex(6)}",
    )


@pytest.fixture
def store(table: HitsTable, tmp_path: Path) -> Iterator[HitStore]:
    opened = open_hit_store(table, tmp_path / "state")
    yield opened
    opened.close()


def match(list_id: str = "1", *, algorithm: Algorithm = "sha256", distance: int = 0) -> Match:
    return Match(algorithm=algorithm, distance=distance, list="a list", list_id=list_id, category="baseline")


def found(seen: ImageSeen, *matches: Match) -> Found:
    return findings(seen, matches or [match()], 7, DIGEST_KEY)


def test_a_hit_is_read_as_it_was_stored(store: HitStore) -> None:
    stored = found(picture_seen("a"), match(), match("2", algorithm="pdq", distance=9))
    store.store([stored])
    (read,) = store.hits()
    assert read.hit == stored.hit
    assert read.evidence == stored.evidence
    assert (read.first_seen, read.last_seen, read.sightings) == (NOON, NOON, 1)
    assert store.get(stored.hit.id) == read
    assert store.count() == 1


def test_an_empty_store_has_no_hits(store: HitStore) -> None:
    assert (list(store.hits()), store.get("0" * 32), store.count()) == ([], None, 0)
    store.store([])
    assert (list(store.hits()), store.get("0" * 32), store.count()) == ([], None, 0)


def test_storing_twice_changes_nothing(store: HitStore) -> None:
    batch = [found(picture_seen(name), match(), match("2", algorithm="md5")) for name in "abc"]
    store.store(batch)
    before = list(store.hits())
    store.store(batch)
    store.store([*batch, *batch])
    assert list(store.hits()) == before


def test_another_sighting_is_counted_and_dates_first_and_last_in_any_order(store: HitStore) -> None:
    for minute in (20, 0, 60):
        store.store([found(picture_seen("a", minute=minute))])
    (read,) = store.hits()
    assert (read.first_seen, read.last_seen) == (NOON, NOON + timedelta(minutes=60))
    assert (read.sightings, len(read.evidence)) == (3, 1)


def test_another_picture_at_the_same_address_adds_evidence_to_the_same_hit(store: HitStore) -> None:
    store.store([found(picture_seen("a", at="one place")), found(picture_seen("b", at="one place", minute=5))])
    (read,) = store.hits()
    assert (read.sightings, len({evidence.picture for evidence in read.evidence})) == (2, 2)


def test_a_hit_is_brought_up_to_date_with_what_was_seen_last(store: HitStore) -> None:
    store.store([found(picture_seen("a", at="one place"))])
    later = found(picture_seen("a", at="one place", minute=5, decoded=False))
    store.store([later])
    (read,) = store.hits()
    assert read.hit == later.hit
    assert read.hit.width is None


def test_evidence_is_told_best_first(store: HitStore) -> None:
    near, nearer = match("near", algorithm="pdq", distance=30), match("nearer", algorithm="pdq", distance=2)
    weak, strong = match("weak", algorithm="md5"), match("strong")
    store.store([found(picture_seen("a"), near, weak, nearer, strong)])
    (read,) = store.hits()
    assert [evidence.match for evidence in read.evidence] == [strong, weak, nearer, near]


def test_many_hits_are_told_once_each_first_seen_first(store: HitStore) -> None:
    batch = [found(picture_seen(str(number), minute=number % 300)) for number in range(450)]
    store.store(sorted(batch, key=lambda each: each.sighting.at))
    read = list(store.hits())
    assert {each.hit.id for each in read} == {each.hit.id for each in batch}
    assert [each.first_seen for each in read] == sorted(each.sighting.at for each in batch)
    assert {(each.sightings, len(each.evidence)) for each in read} == {(1, 1)}
    assert store.count() == 450


def test_a_picture_that_matches_thousands_of_entries_is_stored_whole(store: HitStore) -> None:
    store.store([found(picture_seen("a"), *[match(f"entry {number:04}") for number in range(2_500)])])
    (read,) = store.hits()
    assert [evidence.match.list_id for evidence in read.evidence] == [f"entry {number:04}" for number in range(2_500)]


def test_what_is_stored_is_there_for_the_next_process(store: HitStore, table: HitsTable, tmp_path: Path) -> None:
    store.store([found(picture_seen("a"))])
    other = open_hit_store(table, tmp_path / "state")
    assert list(other.hits()) == list(store.hits())
    other.store([found(picture_seen("b"))])
    assert store.count() == 2
    other.close()


def figure(outcome: str, count: int, *, day: str = "2026-01-02") -> CoverageFigure:
    return CoverageFigure(
        id=f"{day}/site/a/page/{outcome}/",
        day=day,
        at=NOON,
        scope="a",
        scope_kind="site",
        kind="page",
        outcome=outcome,
        reason=None,
        count=count,
    )


def test_coverage_is_kept_by_day_and_a_later_figure_takes_the_place_of_an_earlier_one(store: HitStore) -> None:
    assert store.coverage("2026-01-02") == []
    store.keep_coverage([figure("fetched", 1), figure("failed", 2), figure("fetched", 3, day="2026-01-01")])
    store.keep_coverage([figure("fetched", 5)])
    assert store.coverage("2026-01-02") == [figure("failed", 2), figure("fetched", 5)]
    assert store.coverage("2026-01-01") == [figure("fetched", 3, day="2026-01-01")]
