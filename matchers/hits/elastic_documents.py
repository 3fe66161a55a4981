"""Records as Elasticsearch keeps them: their own fields, the id under a name of its own so that it can be sorted by."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from matchers.contract.records import CoverageFigure, Evidence, Found, Hit, Sighting
from matchers.hits.elastic_bulk import Write


def additions(found: Found, names: Mapping[str, str]) -> Iterator[Write]:
    """Evidence and sighting, append-only: made if they are not there. `names` gives the alias of each kind."""
    for evidence in found.evidence:
        yield _create(names["evidence"], evidence, "evidence_id")
    yield _create(names["sightings"], found.sighting, "sighting_id")


def upsert(found: Found, names: Mapping[str, str]) -> Write:
    """The hit: made, or its matcher-owned fields brought up to date; `review` is in neither."""
    fields = _renamed(found.hit, "hit_id")
    header = {"update": {"_index": names["hits"], "_id": found.hit.id, "retry_on_conflict": 3}}
    made = {**fields, "first_seen": found.sighting.at}
    return Write(msgspec.json.encode(header), msgspec.json.encode({"doc": fields, "upsert": made}))


def figure(kept: CoverageFigure, name: str) -> Write:
    """A figure, in the place of the one with its id. `name`: the alias of its kind."""
    header = {"update": {"_index": name, "_id": kept.id, "retry_on_conflict": 3}}
    body = {"doc": _renamed(kept, "figure_id"), "doc_as_upsert": True}
    return Write(msgspec.json.encode(header), msgspec.json.encode(body))


def figure_from(document: Mapping[str, Any]) -> CoverageFigure:
    """A figure as it was stored."""
    fields = {key: value for key, value in document.items() if key != "figure_id"}
    return msgspec.convert({**fields, "id": document["figure_id"]}, CoverageFigure)


def hit_from(document: Mapping[str, Any]) -> tuple[Hit, datetime]:
    """The hit, and when it was first stored."""
    # Any: Elasticsearch's own JSON, typed here.
    fields = {key: value for key, value in document.items() if key not in {"hit_id", "first_seen", "review"}}
    first_seen = msgspec.convert(document["first_seen"], datetime)
    return msgspec.convert({**fields, "id": document["hit_id"]}, Hit), first_seen


def evidence_from(document: Mapping[str, Any]) -> Evidence:
    """Evidence as it was stored."""
    fields = {key: value for key, value in document.items() if key != "evidence_id"}
    return msgspec.convert({**fields, "id": document["evidence_id"]}, Evidence)


def _create(name: str, record: Evidence | Sighting, id_field: str) -> Write:
    header = {"create": {"_index": name, "_id": record.id}}
    return Write(msgspec.json.encode(header), msgspec.json.encode(_renamed(record, id_field)))


def _renamed(record: Hit | Evidence | Sighting | CoverageFigure, id_field: str) -> dict[str, object]:
    fields = msgspec.structs.asdict(record)
    return {id_field: fields.pop("id"), **fields}
