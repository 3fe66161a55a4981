"""The HitStore port, on both adapters."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.contract.records import ImageSeen
from matchers.contract.ports import HitStore
from matchers.contract.records import (
    Algorithm,
    CoverageFigure,
    Found,
    HeldApart,
    Match,
    Restated,
    StoredHit,
    Withdrawn,
)
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


def match(
    list_id: str = "1",
    *,
    algorithm: Algorithm = "sha256",
    distance: int = 0,
    of: str = "a list",
    held_apart: HeldApart | None = None,
) -> Match:
    return Match(
        algorithm=algorithm, distance=distance, list=of, list_id=list_id, category="baseline", held_apart=held_apart
    )


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


def test_all_that_evidence_tells_is_read_as_it_was_stored(store: HitStore) -> None:
    told = Match(
        algorithm="pdq",
        distance=12,
        list="a list",
        list_id="1",
        category="A",
        source="case 7",
        turned="rotated_90",
        prepared="squeezed_512",
        meaning="national",
        list_version="2026-03",
        disputed=True,
        held_apart="low_quality",
    )
    store.store([found(picture_seen("a"), told, match("2"))])
    (read,) = store.hits()
    assert [evidence.match for evidence in read.evidence] == [match("2"), told]


def test_several_signals_on_one_picture_are_one_hit_with_all_its_evidence(store: HitStore) -> None:
    signals = [match("1", algorithm="md5"), match("2", algorithm="pdq", distance=7)]
    support = match("3", algorithm="phash", distance=3, held_apart="support_only")
    store.store([found(picture_seen("a"), *signals, support)])
    (read,) = store.hits()
    assert [evidence.match for evidence in read.evidence] == [*signals, support]
    assert read.standing == "open"


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


def test_what_was_seen_before_makes_a_hit_but_does_not_take_one_back_in_time(store: HitStore) -> None:
    now = found(picture_seen("a", at="one place", minute=5, decoded=False))
    before = found(picture_seen("a", at="one place"), match("2"))
    store.store([now])
    store.store([before, found(picture_seen("b"))], again=True)
    told = {each.hit.id: each for each in store.hits()}
    assert set(told) == {now.hit.id, found(picture_seen("b")).hit.id}
    read = told[now.hit.id]
    assert read.hit == now.hit
    assert (read.sightings, len(read.evidence), read.standing) == (2, 2, "open")
    assert (read.first_seen, read.last_seen) == (before.sighting.at, now.sighting.at)


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


def change(
    list_id: str | None = "1",
    *,
    of: str = "a list",
    algorithm: Algorithm | None = None,
    withdrawn: Withdrawn | None = None,
    flooding: bool = False,
    version: int = 8,
) -> Restated:
    """A change; those of later versions are later, a minute each."""
    at = NOON + timedelta(hours=1, minutes=version)
    return Restated(
        list=of, list_id=list_id, algorithm=algorithm, withdrawn=withdrawn, flooding=flooding, at=at, version=version
    )


def standings(store: HitStore) -> dict[str, str]:
    return {each.hit.id: each.standing for each in store.hits()}


def only(store: HitStore) -> StoredHit:
    (read,) = store.hits()
    assert store.get(read.hit.id) == read
    return read


def test_a_hit_that_rests_only_on_what_is_withdrawn_is_reopened_for_people_to_look_at(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    retracted = change(withdrawn="retracted")
    assert store.restate([retracted]) == 1
    read = only(store)
    assert (read.standing, read.reopened_at) == ("withdrawn", retracted.at)
    assert [evidence.withdrawn for evidence in read.evidence] == ["retracted"]


def test_a_hit_with_other_evidence_stays_open_when_some_is_withdrawn(store: HitStore) -> None:
    store.store([found(picture_seen("a"), match("1"), match("2", algorithm="md5"))])
    assert store.restate([change("1", withdrawn="disabled")]) == 0
    read = only(store)
    assert (read.standing, read.reopened_at) == ("open", None)
    assert [evidence.withdrawn for evidence in read.evidence] == ["disabled", None]
    last = change("2", withdrawn="retracted", version=9)
    assert store.restate([last]) == 1
    assert (only(store).standing, only(store).reopened_at) == ("withdrawn", last.at)


def test_a_change_of_one_algorithm_leaves_the_others_of_its_entry_alone(store: HitStore) -> None:
    store.store([found(picture_seen("a"), match("1", algorithm="md5"), match("1", algorithm="pdq", distance=5))])
    store.restate([change("1", algorithm="pdq", withdrawn="retracted")])
    assert [evidence.withdrawn for evidence in only(store).evidence] == [None, "retracted"]
    store.restate([change("1", withdrawn="retracted", version=9)])
    assert only(store).standing == "withdrawn"


def test_a_change_of_a_whole_list_reaches_all_that_rests_on_it_and_nothing_else(store: HitStore) -> None:
    of_it = [found(picture_seen(str(number)), match(str(number))) for number in range(30)]
    also_of_another = found(picture_seen("both"), match("1"), match("1", of="another"))
    of_another = found(picture_seen("another"), match("1", of="another"))
    store.store([*of_it, also_of_another, of_another])
    assert store.restate([change(None, withdrawn="retracted")]) == 30
    told = standings(store)
    assert {told[each.hit.id] for each in of_it} == {"withdrawn"}
    assert (told[also_of_another.hit.id], told[of_another.hit.id]) == ("open", "open")


def test_restating_again_changes_nothing_not_even_when_it_was_reopened(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    first = change(withdrawn="disabled", version=8)
    store.restate([first])
    before = only(store)
    assert store.restate([first]) == 0
    assert only(store) == before
    assert store.restate([change(withdrawn="retracted", version=9)]) == 0
    assert only(store).reopened_at == first.at
    assert only(store).evidence[0].withdrawn == "retracted"


def test_an_entry_that_counts_again_brings_its_hits_back(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    store.restate([change(withdrawn="disabled", version=8)])
    assert store.restate([change(version=9)]) == 1
    read = only(store)
    assert (read.standing, read.reopened_at, read.evidence[0].withdrawn) == ("open", None, None)


def test_changes_are_taken_in_their_order(store: HitStore) -> None:
    store.store([found(picture_seen("a"), match("1")), found(picture_seen("b"), match("2"))])
    changes = [
        change("1", withdrawn="disabled", version=8),
        change("1", version=9),
        change("2", version=10),
        change(None, algorithm="sha256", withdrawn="retracted", version=11),
        change("2", version=12),
    ]
    assert store.restate(changes) == 1
    told = standings(store)
    assert (told[picture_seen("a").item_digest], told[picture_seen("b").item_digest]) == ("withdrawn", "open")


def test_a_change_that_comes_too_late_is_left_out(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    store.restate([change(version=20)])
    assert store.restate([change(withdrawn="disabled", version=19)]) == 0
    assert only(store).standing == "open"


def test_evidence_found_after_a_change_is_not_changed_by_hearing_of_it_again(store: HitStore) -> None:
    earlier = Restated(
        list="a list", list_id="1", algorithm=None, withdrawn="disabled", flooding=False, at=NOON, version=3
    )
    store.store([found(picture_seen("a", minute=1))])
    assert store.restate([earlier]) == 0
    assert only(store).standing == "open"


def test_a_known_set_made_anew_counts_from_one_and_is_heard_all_the_same(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    store.restate([change(version=20)])
    anew = Restated(
        list="a list",
        list_id="1",
        algorithm=None,
        withdrawn="retracted",
        flooding=False,
        at=NOON + timedelta(days=9),
        version=1,
    )
    assert store.restate([anew]) == 1
    assert only(store).standing == "withdrawn"


def test_what_floods_is_held_apart_and_released_again(store: HitStore) -> None:
    store.store([found(picture_seen("a"))])
    assert store.restate([change(flooding=True, version=8)]) == 1
    read = only(store)
    assert (read.standing, read.reopened_at, read.evidence[0].match.held_apart) == ("apart", None, "flood")
    assert store.restate([change(version=9)]) == 1
    assert (only(store).standing, only(store).evidence[0].match.held_apart) == ("open", None)


def test_a_flood_that_ends_releases_nothing_that_is_held_apart_for_another_reason(store: HitStore) -> None:
    held = match("1", algorithm="pdq", distance=20, held_apart="low_quality")
    store.store([found(picture_seen("a"), held)])
    assert only(store).standing == "apart"
    assert store.restate([change(flooding=True, version=8), change(version=9)]) == 0
    assert (only(store).standing, only(store).evidence[0].match.held_apart) == ("apart", "low_quality")
    assert store.restate([change(withdrawn="retracted", version=10)]) == 1
    assert only(store).standing == "withdrawn"


def test_storing_again_what_was_withdrawn_does_not_bring_it_back(store: HitStore) -> None:
    stored = found(picture_seen("a"))
    store.store([stored])
    store.restate([change(withdrawn="retracted")])
    before = only(store)
    store.store([stored])
    assert only(store) == before
    store.store([found(picture_seen("a", minute=5))])
    assert (only(store).standing, only(store).sightings) == ("withdrawn", 2)


def test_new_evidence_opens_a_withdrawn_hit_and_a_hit_held_apart(store: HitStore) -> None:
    store.store([found(picture_seen("a")), found(picture_seen("b"), match("2", held_apart="flood"))])
    store.restate([change("1", withdrawn="retracted")])
    assert set(standings(store).values()) == {"withdrawn", "apart"}
    store.store([found(picture_seen("a"), match("3")), found(picture_seen("b"), match("3"))])
    assert set(standings(store).values()) == {"open"}
    assert {each.reopened_at for each in store.hits()} == {None}


def test_new_evidence_that_is_held_apart_makes_a_withdrawn_hit_one_held_apart_and_leaves_an_open_one_open(
    store: HitStore,
) -> None:
    store.store([found(picture_seen("a")), found(picture_seen("b"), match("2"))])
    store.restate([change("1", withdrawn="retracted")])
    apart = match("3", algorithm="phash", held_apart="support_only")
    store.store([found(picture_seen("a"), apart), found(picture_seen("b"), apart)])
    told = standings(store)
    assert (told[picture_seen("a").item_digest], told[picture_seen("b").item_digest]) == ("apart", "open")
    assert {each.reopened_at for each in store.hits()} == {None}


def test_hits_are_told_by_how_they_stand(store: HitStore) -> None:
    store.store([found(picture_seen(name, minute=number), match(name)) for number, name in enumerate("abcdef")])
    store.restate([change("a", withdrawn="retracted"), change("b", flooding=True), change("e", withdrawn="disabled")])
    everything = list(store.hits())
    for standing in ("open", "apart", "withdrawn"):
        assert list(store.hits(standing)) == [each for each in everything if each.standing == standing]
    assert [each.evidence[0].match.list_id for each in store.hits("withdrawn")] == ["a", "e"]


def test_restating_what_nothing_rests_on_is_nothing(store: HitStore) -> None:
    assert store.restate([]) == 0
    assert store.restate([change(withdrawn="retracted"), change(None, flooding=True)]) == 0
    assert list(store.hits()) == []


def test_thousands_of_entries_and_a_long_list_are_restated_whole(store: HitStore) -> None:
    store.store([found(picture_seen(str(number)), match(str(number))) for number in range(1_500)])
    store.store([found(picture_seen("many"), *[match(f"many {number}") for number in range(1_500)])])
    every_other = [change(str(number), withdrawn="disabled") for number in range(0, 12_000, 2)]
    assert store.restate(every_other) == 750
    assert store.restate([change(None, withdrawn="retracted", version=9)]) == 751
    assert set(standings(store).values()) == {"withdrawn"}
