"""Records as Elasticsearch keeps them: their own fields, the id under a name of its own so that it can be sorted by."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from matchers.contract.records import CoverageFigure, Evidence, Found, Hit, HitStanding, Sighting
from matchers.hits.elastic_bulk import Write, create


def additions(found: Found, names: Mapping[str, str]) -> Iterator[Write]:
    """Evidence and sighting, append-only: made if they are not there. `names` gives the alias of each kind."""
    for evidence in found.evidence:
        yield _create(names["evidence"], evidence, "evidence_id")
    yield _create(names["sightings"], found.sighting, "sighting_id")


def upsert(found: Found, names: Mapping[str, str], *, opens: bool, again: bool) -> Write:
    """The hit: made, or its matcher-owned fields brought up to date; `review` is in neither.

    `opens`: there is new evidence that counts. Without it a hit that is there stays as it stands. `again`: the sighting
    is an old one, so what a hit that is there says of itself is newer.
    """
    fields = _renamed(found.hit, "hit_id")
    header = {"update": {"_index": names["hits"], "_id": found.hit.id, "retry_on_conflict": 3}}
    made = {**fields, "first_seen": found.sighting.at, "standing": "open" if opens else _standing(found)}
    if again:
        fields = {}
    if opens:
        fields |= {"standing": "open", "reopened_at": None}
    return Write(found.hit.id, msgspec.json.encode(header), msgspec.json.encode({"doc": fields, "upsert": made}))


def counts(evidence: Evidence) -> bool:
    """Whether a hit is open for it."""
    return evidence.withdrawn is None and evidence.match.held_apart is None


def _standing(found: Found) -> HitStanding:
    if any(counts(each) for each in found.evidence):
        return "open"
    return "withdrawn" if all(each.withdrawn for each in found.evidence) else "apart"


def figure(kept: CoverageFigure, name: str) -> Write:
    """A figure, in the place of the one with its id. `name`: the alias of its kind."""
    header = {"update": {"_index": name, "_id": kept.id, "retry_on_conflict": 3}}
    body = {"doc": _renamed(kept, "figure_id"), "doc_as_upsert": True}
    return Write(kept.id, msgspec.json.encode(header), msgspec.json.encode(body))


def figure_from(document: Mapping[str, Any]) -> CoverageFigure:
    """A figure as it was stored."""
    fields = {key: value for key, value in document.items() if key != "figure_id"}
    return msgspec.convert({**fields, "id": document["figure_id"]}, CoverageFigure)


class ToldHit(NamedTuple):
    """A hit's document."""

    hit: Hit
    stored: datetime
    """When it was first seen, as far as was known when it was first stored."""
    standing: HitStanding
    reopened_at: datetime | None


_OF_THE_STORE: Final = frozenset({"hit_id", "first_seen", "standing", "reopened_at", "review"})


def hit_from(document: Mapping[str, Any]) -> ToldHit:
    """The hit as it was stored, and how it stands."""
    # Any: Elasticsearch's own JSON, typed here.
    fields = {key: value for key, value in document.items() if key not in _OF_THE_STORE}
    return ToldHit(
        msgspec.convert({**fields, "id": document["hit_id"]}, Hit),
        msgspec.convert(document["first_seen"], datetime),
        document.get("standing", "open"),  # hits of versions that knew no other
        msgspec.convert(document.get("reopened_at"), datetime | None),
    )


def evidence_from(document: Mapping[str, Any]) -> Evidence:
    """Evidence as it was stored and stands now."""
    fields = {key: value for key, value in document.items() if key not in {"evidence_id", "restated"}}
    return msgspec.convert({**fields, "id": document["evidence_id"]}, Evidence)


def _create(name: str, record: Evidence | Sighting, id_field: str) -> Write:
    return create(name, record.id, _renamed(record, id_field))


def _renamed(record: Hit | Evidence | Sighting | CoverageFigure, id_field: str) -> dict[str, object]:
    fields = msgspec.structs.asdict(record)
    return {id_field: fields.pop("id"), **fields}
