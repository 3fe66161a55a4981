"""The hit store port on Elasticsearch 8: writes with deterministic ids, reads in pages.

Uses neither scripts nor anything beyond index templates, aliases, bulk, search and points in time.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from elasticsearch import AuthorizationException, BadRequestError, Elasticsearch

from matchers.contract.errors import StoreUnavailableError
from matchers.contract.order import best_first
from matchers.contract.records import CoverageFigure, Evidence, Found, StoredHit
from matchers.hits.elastic_bulk import write_all
from matchers.hits.elastic_calls import MissingError, Sleep, ask, kind_of
from matchers.hits.elastic_documents import additions, evidence_from, figure, figure_from, hit_from, upsert
from matchers.hits.templates import KINDS, alias, index, index_template

_PAGE: Final = 200
_EVIDENCE_PAGE: Final = 1_000
_KEEP_ALIVE: Final = "5m"

# Any: Elasticsearch's own JSON.
_Document = Mapping[str, Any]


class _Sightings(NamedTuple):
    first: datetime
    last: datetime
    number: int


class ElasticHitStore:
    """Thread-safe. What is stored is found by `get` at once and by searches of others within about a second.

    Times are told to the millisecond. The order of `hits` is that of each hit's first stored sighting: where
    sightings arrived out of order it may differ from `first_seen`.
    """

    def __init__(self, client: Elasticsearch, *, prefix: str, attempts: int, sleep: Sleep = time.sleep) -> None:
        """Asks nothing yet: the server may come up later. The client must not retry by itself."""
        self._client = client
        self._prefix = prefix
        self._names = {kind: alias(prefix, kind) for kind in KINDS}
        self._ask = partial(ask, attempts=attempts, sleep=sleep)
        self._write = partial(write_all, client, attempts=attempts, sleep=sleep)
        self._installed = False

    def install(self) -> None:
        """Lay down templates, indices and aliases, and add what mappings lack. Safe to repeat, and at any time.

        Needs rights that a matcher's user need not have, once the indices are there.
        """
        for kind in KINDS:
            body = index_template(self._prefix, kind)
            self._ask(partial(self._client.indices.put_index_template, name=self._names[kind], **body))
            self._ask(partial(self._make_index, kind, body["template"]["mappings"]))
        self._installed = True

    def store(self, found: Sequence[Found]) -> None:
        """Evidence and sightings first, then the hits, so that a hit that can be seen is never without them."""
        self._install_if_missing()
        self._write([write for each in found for write in additions(each, self._names)])
        self._write([upsert(each, self._names) for each in found])

    def hits(self) -> Iterator[StoredHit]:
        """Every hit as of the moment of the first page."""
        try:
            self._refresh("hits")
            name = self._names["hits"]
            opened = self._ask(partial(self._client.open_point_in_time, index=name, keep_alive=_KEEP_ALIVE))
        except MissingError:
            return
        moment = {"id": opened["id"], "keep_alive": _KEEP_ALIVE}
        try:
            # After the point in time: what belongs to its hits was written before them, and is seen from here on.
            self._refresh("evidence", "sightings")
            order = [{"first_seen": "asc"}, {"hit_id": "asc"}]
            search = partial(self._search, pit=moment, size=_PAGE, sort=order, source_excludes=["review"])
            after: dict[str, object] = {}
            while page := search(**after)["hits"]["hits"]:
                yield from self._completed([each["_source"] for each in page])
                after = {"search_after": page[-1]["sort"]}
        finally:
            with suppress(StoreUnavailableError, MissingError):  # it ends by itself
                self._ask(partial(self._client.close_point_in_time, id=moment["id"]))

    def get(self, hit_id: str) -> StoredHit | None:
        """One hit, or None."""
        try:
            request = partial(self._client.get, index=self._names["hits"], id=hit_id, source_excludes=["review"])
            found = self._ask(request)
        except MissingError:
            return None
        self._refresh("evidence", "sightings")
        (complete,) = self._completed([found["_source"]])
        return complete

    def count(self) -> int:
        """How many hits there are."""
        try:
            self._refresh("hits")
            return int(self._ask(partial(self._client.count, index=self._names["hits"]))["count"])
        except MissingError:
            return 0

    def keep_coverage(self, figures: Sequence[CoverageFigure]) -> None:
        """See the port."""
        self._install_if_missing()
        self._write([figure(each, self._names["coverage"]) for each in figures])

    def coverage(self, day: str) -> Sequence[CoverageFigure]:
        """See the port."""
        found: list[CoverageFigure] = []
        try:
            self._refresh("coverage")
            search = partial(
                self._search,
                index=self._names["coverage"],
                query={"term": {"day": day}},
                size=_EVIDENCE_PAGE,
                sort=[{"figure_id": "asc"}],
            )
            after: dict[str, object] = {}
            while page := search(**after)["hits"]["hits"]:
                found += [figure_from(each["_source"]) for each in page]
                after = {"search_after": page[-1]["sort"]}
        except MissingError:
            return []
        return found

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _install_if_missing(self) -> None:
        if self._installed:
            return
        there = [self._ask(partial(self._client.indices.exists_alias, name=name)) for name in self._names.values()]
        if not all(there):
            self.install()
        self._installed = True

    def _make_index(self, kind: str, mappings: _Document) -> None:
        try:
            self._client.indices.create(
                index=index(self._prefix, kind), aliases={self._names[kind]: {"is_write_index": True}}
            )
        except BadRequestError as error:
            if kind_of(error.body) != "resource_already_exists_exception":
                raise
            self._client.indices.put_mapping(index=index(self._prefix, kind), properties=mappings["properties"])

    def _refresh(self, *kinds: str) -> None:
        """Make what was stored until now visible to searches; who lacks the right sees it within a second anyway."""

        def refresh() -> None:
            with suppress(AuthorizationException):
                self._client.indices.refresh(index=[self._names[kind] for kind in kinds])

        self._ask(refresh)

    def _search(self, **query: Any) -> _Document:
        # Any: the parameters of Elasticsearch's own search.
        answer = self._ask(partial(self._client.search, track_total_hits=False, **query))
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise StoreUnavailableError("Elasticsearch answered a search in part only. Ask again later.")
        body: _Document = answer.body
        return body

    def _completed(self, documents: Sequence[_Document]) -> list[StoredHit]:
        """Hits with what their evidence and sightings add up to."""
        ids = [document["hit_id"] for document in documents]
        evidence, sightings = self._evidence(ids), self._sightings(ids)
        complete = []
        for document in documents:
            hit, stored = hit_from(document)
            # Sightings that a reader without the right to refresh cannot see yet: there was one, when it was stored.
            first, last, number = sightings.get(hit.id, _Sightings(stored, stored, 1))
            told = tuple(sorted(evidence[hit.id], key=lambda one: best_first(one.match)))
            complete.append(StoredHit(hit=hit, evidence=told, first_seen=first, last_seen=last, sightings=number))
        return complete

    def _evidence(self, ids: Sequence[str]) -> dict[str, list[Evidence]]:
        found: dict[str, list[Evidence]] = defaultdict(list)
        search = partial(
            self._search,
            index=self._names["evidence"],
            query={"terms": {"hit_id": ids}},
            size=_EVIDENCE_PAGE,
            sort=[{"evidence_id": "asc"}],
        )
        after: dict[str, object] = {}
        while page := search(**after)["hits"]["hits"]:
            for each in page:
                found[each["_source"]["hit_id"]].append(evidence_from(each["_source"]))
            after = {"search_after": page[-1]["sort"]}
        return found

    def _sightings(self, ids: Sequence[str]) -> dict[str, _Sightings]:
        answer = self._search(
            index=self._names["sightings"],
            query={"terms": {"hit_id": ids}},
            size=0,
            aggregations={
                "by_hit": {
                    "terms": {"field": "hit_id", "size": len(ids)},
                    "aggregations": {"first": {"min": {"field": "at"}}, "last": {"max": {"field": "at"}}},
                }
            },
        )
        return {
            bucket["key"]: _Sightings(
                _time(bucket["first"]["value"]), _time(bucket["last"]["value"]), int(bucket["doc_count"])
            )
            for bucket in answer["aggregations"]["by_hit"]["buckets"]
        }


def _time(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
