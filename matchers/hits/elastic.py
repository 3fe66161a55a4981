"""The hit store port on Elasticsearch 8: writes with deterministic ids, reads in pages.

Uses neither scripts nor anything beyond index templates, aliases, bulk, search and points in time.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from elasticsearch import BadRequestError, Elasticsearch

from matchers.contract.errors import StoreUnavailableError
from matchers.contract.order import best_first
from matchers.contract.records import CoverageFigure, Evidence, Found, HitStanding, Restated, StoredHit
from matchers.hits.elastic_bulk import write_all
from matchers.hits.elastic_calls import MissingError, Sleep, kind_of
from matchers.hits.elastic_documents import additions, counts, evidence_from, figure, figure_from, hit_from, upsert
from matchers.hits.elastic_reading import Document, Kept, Reading
from matchers.hits.elastic_restating import ORDER, Restating, standing_by
from matchers.hits.templates import KINDS, MAPPINGS, alias, index, index_template

_PAGE: Final = 200
_KEEP_ALIVE: Final = "5m"


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
        self._reading = Reading(client, self._names, attempts=attempts, sleep=sleep)
        self._ask = self._reading.ask
        self._write = partial(write_all, client, attempts=attempts, sleep=sleep)
        names = self._names
        self._restating = Restating(self._reading, self._write, hits=names["hits"], evidence=names["evidence"])
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

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        """Evidence and sightings first, then the hits, so that a hit that can be seen is never without them."""
        self._install_if_missing()
        known = {each.id for each in self._write([write for each in found for write in additions(each, self._names)])}
        opened = {one.hit_id for each in found for one in each.evidence if counts(one) and one.id not in known}
        # Nothing new that counts: such a hit stays as it stands, with two exceptions.
        others = sorted({each.hit.id for each in found} - opened)
        there = self._reading.documents("hits", others, ["standing"]) if others else {}
        self._write([upsert(each, self._names, opens=each.hit.id in opened, again=again) for each in found])
        # It was not finished when its evidence was stored, which may have been restated since.
        unfinished = {one.hit_id for each in found for one in each.evidence if one.id in known} & set(others) - set(
            there
        )
        self._restating.restand(unfinished | self._outdone(found, there))

    def restate(self, changes: Sequence[Restated]) -> int:
        """See the port."""
        if not changes:
            return 0
        self._install_if_missing()
        return self._restating.restate(changes)

    def hits(self, standing: HitStanding | None = None) -> Iterator[StoredHit]:
        """Every hit, or every one that stands so, as of the moment of the first page."""
        try:
            self._reading.refresh("hits")
            name = self._names["hits"]
            opened = self._ask(partial(self._client.open_point_in_time, index=name, keep_alive=_KEEP_ALIVE))
        except MissingError:
            return
        moment = {"id": opened["id"], "keep_alive": _KEEP_ALIVE}
        try:
            # After the point in time: what belongs to its hits was written before them, and is seen from here on.
            try:
                self._reading.refresh("evidence", "sightings")
            except MissingError:
                return  # the indices are being made at this moment, that of hits first
            for page in self._reading.pages(
                None,
                pit=moment,
                size=_PAGE,
                query=_standing(standing),
                sort=[{"first_seen": "asc"}, {"hit_id": "asc"}],
                source_excludes=["review"],
            ):
                yield from self._completed([each["_source"] for each in page])
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
        self._reading.refresh("evidence", "sightings")
        (complete,) = self._completed([found["_source"]])
        return complete

    def count(self) -> int:
        """How many hits there are."""
        try:
            self._reading.refresh("hits")
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
            self._reading.refresh("coverage")
            for page in self._reading.pages("coverage", query={"term": {"day": day}}, sort=[{"figure_id": "asc"}]):
                found += [figure_from(each["_source"]) for each in page]
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
        if not all(there) or any(self._lacks_fields(kind) for kind in KINDS):
            self.install()
        self._installed = True

    def _lacks_fields(self, kind: str) -> bool:
        """Whether an index of our own making was made by a version that knew fewer fields."""
        found = self._ask(partial(self._client.indices.get_mapping, index=self._names[kind]))
        ours = found.body.get(index(self._prefix, kind))
        return ours is not None and ours["mappings"].get("_meta", {}).get("mappings", 0) < MAPPINGS

    def _make_index(self, kind: str, mappings: Document) -> None:
        try:
            self._client.indices.create(
                index=index(self._prefix, kind), aliases={self._names[kind]: {"is_write_index": True}}
            )
        except BadRequestError as error:
            if kind_of(error.body) != "resource_already_exists_exception":
                raise
            self._client.indices.put_mapping(
                index=index(self._prefix, kind), meta=mappings["_meta"], properties=mappings["properties"]
            )

    def _outdone(self, found: Sequence[Found], there: Mapping[str, Kept]) -> set[str]:
        """Hits of these that stand worse than the evidence just stored says: it is new, or what it made was not
        finished. Looks at those only that are not open, and without waiting for a refresh.
        """
        worse = {id_: told for id_, hit in there.items() if (told := hit.source.get("standing", "open")) != "open"}
        evidence = [one.id for each in found if each.hit.id in worse for one in each.evidence]
        if not evidence:
            return set()
        stored = self._reading.documents("evidence", evidence, ["hit_id", "withdrawn", "match.held_apart"])
        hits = [(str(each.source["hit_id"]), standing_by(each.source)) for each in stored.values()]
        return {hit for hit, standing in hits if ORDER.index(standing) < ORDER.index(worse[hit])}

    def _completed(self, documents: Sequence[Document]) -> list[StoredHit]:
        """Hits with what their evidence and sightings add up to."""
        ids = [document["hit_id"] for document in documents]
        evidence, sightings = self._evidence(ids), self._sightings(ids)
        complete = []
        for document in documents:
            hit, stored, standing, reopened_at = hit_from(document)
            # Sightings that a reader without the right to refresh cannot see yet: there was one, when it was stored.
            first, last, number = sightings.get(hit.id, _Sightings(stored, stored, 1))
            complete.append(
                StoredHit(
                    hit=hit,
                    evidence=tuple(sorted(evidence[hit.id], key=lambda one: best_first(one.match))),
                    first_seen=first,
                    last_seen=last,
                    sightings=number,
                    standing=standing,
                    reopened_at=reopened_at,
                )
            )
        return complete

    def _evidence(self, ids: Sequence[str]) -> dict[str, list[Evidence]]:
        found: dict[str, list[Evidence]] = defaultdict(list)
        for page in self._reading.pages("evidence", query={"terms": {"hit_id": ids}}, sort=[{"evidence_id": "asc"}]):
            for each in page:
                found[each["_source"]["hit_id"]].append(evidence_from(each["_source"]))
        return found

    def _sightings(self, ids: Sequence[str]) -> dict[str, _Sightings]:
        answer = self._reading.search(
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


def _standing(standing: HitStanding | None) -> Document:
    if standing is None:
        return {"match_all": {}}
    if standing == "open":  # also those of versions that knew no other
        return {"bool": {"must_not": {"terms": {"standing": ["apart", "withdrawn"]}}}}
    return {"term": {"standing": standing}}


def _time(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
