"""What only the real Elasticsearch can show of the hit store: whose fields are whose, refusals and outages."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from elasticsearch import BadRequestError, Elasticsearch

from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.records import Found, Match, Restated
from matchers.hits import HitsTable, open_hit_store
from matchers.hits.elastic import ElasticHitStore
from matchers.hits.templates import KINDS
from matchers.match import findings
from tests.pictures_seen import DIGEST_KEY, NOON, picture_seen
from tests.services.elasticsearch import ElasticsearchServer

MATCHER = ["read", "write", "view_index_metadata"]


@dataclass
class Place:
    """Indices of one test's own, and how to get at them."""

    server: ElasticsearchServer
    prefix: str
    folder: Path
    admin: Elasticsearch

    def table(self, user: str, password: str, **changes: Any) -> HitsTable:
        file = self.folder / f"password of {user}"
        file.touch(0o600)
        file.write_text(password)
        settings = {"urls": (self.server.url,), "prefix": self.prefix, "user": user, "password_file": file}
        return HitsTable(**{"kind": "elasticsearch", **settings, **changes})

    def open(self, **changes: Any) -> ElasticHitStore:
        return self.opened(self.table(self.server.admin, self.server.password, **changes))

    def open_as(self, name: str, rights: Sequence[str]) -> ElasticHitStore:
        role = {"indices": [{"names": [f"{self.prefix}-*"], "privileges": list(rights)}]}
        password = secrets.token_urlsafe(12)
        user = f"{name}-{self.prefix}"
        self.server.add_user(user, password, role)
        return self.opened(self.table(user, password))

    def opened(self, table: HitsTable) -> ElasticHitStore:
        store = open_hit_store(table, self.folder)
        assert isinstance(store, ElasticHitStore)
        return store


@pytest.fixture
def place(elasticsearch_server: ElasticsearchServer, tmp_path: Path) -> Iterator[Place]:
    server = elasticsearch_server
    admin = Elasticsearch(server.url, basic_auth=(server.admin, server.password))
    yield Place(server, f"test-{secrets.token_hex(6)}", tmp_path, admin)
    admin.close()


@pytest.fixture
def store(place: Place) -> Iterator[ElasticHitStore]:
    opened = place.open()
    yield opened
    opened.close()


def found(name: str, *, at: str | None = None, minute: int = 0) -> Found:
    match = Match(algorithm="sha256", distance=0, list="a list", list_id="1")
    return findings(picture_seen(name, at=at, minute=minute), [match], 1, DIGEST_KEY)


def documents(place: Place, kind: str) -> list[Mapping[str, Any]]:
    place.admin.indices.refresh(index=f"{place.prefix}-{kind}")
    answer = place.admin.search(index=f"{place.prefix}-{kind}", size=100)
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def test_what_a_reviewer_wrote_stays_whatever_the_matcher_finds(place: Place, store: ElasticHitStore) -> None:
    first = found("a", at="one place")
    store.store([first])
    review = {"state": "confirmed", "by": "analyst-7", "at": "2026-03-02T10:00:00Z", "version": 3}
    place.admin.update(index=f"{place.prefix}-hits", id=first.hit.id, doc={"review": review})
    store.store([found("b", at="one place", minute=5), found("b", at="one place", minute=9)])
    (document,) = documents(place, "hits")
    assert document["review"] == review
    (read,) = store.hits()
    assert read.sightings == 3
    assert store.get(first.hit.id) == read


RETRACTED = Restated(
    list="a list", list_id="1", algorithm=None, withdrawn="retracted", flooding=False, at=NOON, version=2
)
RELEASED = Restated(list="a list", list_id="1", algorithm=None, withdrawn=None, flooding=False, at=NOON, version=3)


def test_what_a_reviewer_wrote_stays_whatever_is_restated(place: Place, store: ElasticHitStore) -> None:
    stored = found("a")
    store.store([stored])
    review = {"state": "confirmed", "by": "analyst-7", "at": "2026-03-02T10:00:00Z", "version": 3}
    place.admin.update(index=f"{place.prefix}-hits", id=stored.hit.id, doc={"review": review})
    for change in (RETRACTED, RELEASED):
        assert store.restate([change]) == 1
        (document,) = documents(place, "hits")
        assert document["review"] == review


def test_a_restatement_that_broke_off_before_the_hits_is_finished_by_repeating_it(
    place: Place, store: ElasticHitStore
) -> None:
    stored = found("a")
    store.store([stored])
    done = {"withdrawn": "retracted", "restated": {"version": 2, "at": NOON}}
    place.admin.update(index=f"{place.prefix}-evidence", id=stored.evidence[0].id, doc=done)
    assert store.restate([RETRACTED]) == 1
    (read,) = store.hits("withdrawn")
    assert read.reopened_at == NOON


def test_evidence_whose_hit_was_not_written_any_more_makes_it_when_stored_again(
    place: Place, store: ElasticHitStore
) -> None:
    stored, withdrawn = found("a"), found("b")
    store.store([stored, withdrawn])
    done = {"withdrawn": "retracted", "restated": {"version": 2, "at": NOON}}
    place.admin.update(index=f"{place.prefix}-evidence", id=withdrawn.evidence[0].id, doc=done)
    for each in (stored, withdrawn):
        place.admin.delete(index=f"{place.prefix}-hits", id=each.hit.id)
    store.store([stored, withdrawn])
    assert {each.hit.id: each.standing for each in store.hits()} == {
        stored.hit.id: "open",
        withdrawn.hit.id: "withdrawn",
    }


def test_storing_and_restating_at_once_end_as_the_evidence_stands(place: Place, store: ElasticHitStore) -> None:
    store.store([found("a")])
    others = [place.open() for _ in range(3)]
    ended = threading.Event()

    def restate(other: ElasticHitStore) -> None:
        while not ended.is_set():
            other.restate([RETRACTED])

    def again(other: ElasticHitStore) -> None:
        for minute in range(20):
            other.store([found("a", minute=minute)])
        ended.set()

    works = [(restate, others[0]), (restate, others[1]), (again, others[2])]
    threads = [threading.Thread(target=work, args=(other,)) for work, other in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (read,) = store.hits()
    assert (read.standing, read.reopened_at, read.sightings) == ("withdrawn", NOON, 20)
    for other in others:
        other.close()


def test_indices_of_the_version_before_are_added_to_and_their_hits_are_open(
    place: Place, store: ElasticHitStore
) -> None:
    store.install()
    for kind in KINDS:
        name = f"{place.prefix}-{kind}-v1"
        (mapped,) = place.admin.indices.get_mapping(index=name).body.values()
        before: dict[str, Any] = mapped["mappings"]
        del before["_meta"]
        for later in ("standing", "reopened_at", "withdrawn", "restated"):
            before["properties"].pop(later, None)
        place.admin.indices.delete(index=name)
        place.admin.indices.create(
            index=name, mappings=before, aliases={f"{place.prefix}-{kind}": {"is_write_index": True}}
        )
    stored = found("a")
    earlier = msgspec.structs.asdict(stored.hit)
    place.admin.index(
        index=f"{place.prefix}-hits",
        id=stored.hit.id,
        document=msgspec.to_builtins({"hit_id": earlier.pop("id"), "first_seen": NOON, **earlier}),
    )
    upgraded = place.open()
    upgraded.store([stored, found("b")])
    assert [each.standing for each in upgraded.hits("open")] == ["open", "open"]
    assert upgraded.restate([RETRACTED]) == 2
    upgraded.close()


def test_a_matcher_without_the_right_to_refresh_restates_all_the_same(place: Place, store: ElasticHitStore) -> None:
    store.install()
    matcher = place.open_as("restater", MATCHER)
    matcher.store([found("a")])
    assert matcher.restate([RETRACTED]) == 1
    (read,) = store.hits()
    assert read.standing == "withdrawn"
    matcher.close()


def test_nothing_that_no_mapping_foresees_is_ever_stored(place: Place, store: ElasticHitStore) -> None:
    store.install()
    for kind in KINDS:
        for document in (
            {"bytes": "x"},
            {"origin": {"url": "x"}},
            {"review": {"note": "x"}},
            {"match": {"value": "x"}},
        ):
            with pytest.raises(BadRequestError, match=r"strict_dynamic_mapping_exception"):
                place.admin.index(index=f"{place.prefix}-{kind}", document=document)


def test_a_sealed_address_can_be_read_with_its_hit_and_not_searched(place: Place, store: ElasticHitStore) -> None:
    stored = found("a")
    store.store([stored])
    (document,) = documents(place, "hits")
    assert document["sealed_address"] == stored.hit.sealed_address
    with pytest.raises(BadRequestError, match="not indexed"):
        place.admin.search(index=f"{place.prefix}-hits", query={"term": {"sealed_address": stored.hit.sealed_address}})


def test_a_hit_shows_in_searches_of_others_within_seconds(place: Place, store: ElasticHitStore) -> None:
    store.store([found("a")])
    deadline = time.monotonic() + 10
    while not place.admin.search(index=f"{place.prefix}-hits")["hits"]["hits"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_installing_again_or_from_several_processes_at_once_keeps_what_is_there(place: Place) -> None:
    stores = [place.open() for _ in range(4)]
    threads = [threading.Thread(target=each.store, args=([found(str(number))],)) for number, each in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[0].install()
    assert stores[0].count() == 4
    for each in stores:
        each.close()


def test_a_matcher_with_the_rights_to_write_needs_no_others(place: Place, store: ElasticHitStore) -> None:
    store.install()
    matcher = place.open_as("matcher", MATCHER)
    matcher.store([found("a")])
    matcher.store([found("a", minute=1)])
    assert store.count() == 1
    matcher.close()


def test_a_reader_without_the_right_to_refresh_reads_all_the_same(place: Place, store: ElasticHitStore) -> None:
    store.store([found("a"), found("b")])
    expected = list(store.hits())
    reader = place.open_as("reader", ["read", "view_index_metadata"])
    assert list(reader.hits()) == expected
    with pytest.raises(StoreRefusedError, match="needs read, write and view_index_metadata"):
        reader.store([found("c")])
    assert store.count() == 2
    reader.close()


def test_a_wrong_password_is_a_refusal_that_says_what_to_check(place: Place) -> None:
    wrong = place.opened(place.table(place.server.admin, "wrong"))
    with pytest.raises(StoreRefusedError, match="`user` and `password_file`"):
        wrong.store([found("a")])
    wrong.close()


def test_an_index_that_does_not_fit_refuses_without_repeating_what_was_to_be_stored(place: Place) -> None:
    for kind in KINDS:
        place.admin.indices.create(
            index=f"{place.prefix}-{kind}-old",
            aliases={f"{place.prefix}-{kind}": {"is_write_index": True}},
            mappings={"dynamic": "strict", "properties": {"something": {"type": "keyword"}}},
        )
    store = place.open()
    stored = found("a")
    with pytest.raises(StoreRefusedError, match=r"strict_dynamic_mapping_exception.*run the version") as refused:
        store.store([stored])
    text = str(refused.value)
    assert not [each for each in (stored.hit.id, stored.hit.sealed_address, "pictures.example") if each in text]
    store.close()


def test_an_alias_that_went_away_is_not_made_an_index_by_guess(place: Place, store: ElasticHitStore) -> None:
    store.store([found("a")])
    for kind in KINDS:
        place.admin.indices.delete(index=f"{place.prefix}-{kind}-v1")
    with pytest.raises(StoreRefusedError, match="An index is missing"):
        store.store([found("b")])
    assert not place.admin.indices.exists(index=f"{place.prefix}-hits")
    assert (list(store.hits()), store.count()) == ([], 0)


def test_nobody_listening_is_an_outage_and_not_a_refusal(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = place.open(urls=(f"http://127.0.0.1:{taken.getsockname()[1]}",), attempts=2)
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            store.store([found("a")])
        store.close()


def test_what_a_frozen_server_left_unanswered_is_stored_once_by_storing_again(
    place: Place, store: ElasticHitStore
) -> None:
    store.install()
    hasty = place.open(request_seconds=0.5, attempts=2)
    batch = [found(str(number)) for number in range(20)]
    place.server.pause()
    try:
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            hasty.store(batch)
    finally:
        place.server.resume()
    store.store(batch)
    assert store.count() == 20
    assert {(read.sightings, len(read.evidence)) for read in store.hits()} == {(1, 1)}
    hasty.close()


def test_a_short_freeze_is_waited_out(place: Place, store: ElasticHitStore) -> None:
    store.install()
    patient = place.open(request_seconds=0.5, attempts=20)
    place.server.pause()
    thaw = threading.Timer(2, place.server.resume)
    thaw.start()
    patient.store([found("a")])
    thaw.join()
    assert store.count() == 1
    patient.close()
