"""Restating in Elasticsearch, without scripts: the evidence of entries first, then the hits that rest on it.

Every update is guarded by the document's sequence number, so none overlooks what another process wrote meanwhile: it
is then decided anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import HitStanding, Restated
from matchers.hits.changes import Changes, stale
from matchers.hits.elastic_bulk import Write, guarded_update
from matchers.hits.elastic_reading import PAGE, Document, Kept, Reading, kept

ORDER: Final[tuple[HitStanding, ...]] = ("open", "apart", "withdrawn")
"""A hit stands as the first of these that any of its evidence says."""
_ROUNDS: Final = 20
"""So often something may be written by others between our look and our update before we give up for now."""
_HITS_AT_ONCE: Final = 10_000
_EVIDENCE_FIELDS: Final = ("hit_id", "match.list", "match.list_id", "match.algorithm", "match.held_apart")
_STATE_FIELDS: Final = ("withdrawn", "restated", "known_version", "seen_at")

WriteAll = Callable[[Sequence[Write]], list[Write]]


class Restating:
    """Thread-safe. Raises as the port's methods do; safe to repeat after an error."""

    def __init__(self, reading: Reading, write: WriteAll, *, hits: str, evidence: str) -> None:
        """`hits` and `evidence`: the names of the aliases."""
        self._reading = reading
        self._write = write
        self._hits = hits
        self._evidence = evidence

    def restate(self, restated: Sequence[Restated]) -> int:
        """See the port. A hit that is changed in two parts of a very long restatement may count twice."""
        changes = Changes(restated)
        self._reading.settle("evidence")
        otherwise = 0
        touched: set[str] = set()
        for page in self._resting_on(changes):
            self._bring_up(page, changes)
            # Those, too, whose evidence was right already: what came before may have ended half-way.
            touched.update(each.source["hit_id"] for each in page)
            if len(touched) >= _HITS_AT_ONCE:
                otherwise += self.restand(touched)
                touched.clear()
        return otherwise + self.restand(touched)

    def restand(self, hits: Iterable[str]) -> int:
        """Bring the standing of these hits up to what their evidence says; returns how many stood otherwise.

        A hit that is not there yet is left out: who is storing it sees to it.
        """
        left = sorted(hits)
        otherwise = 0
        for _ in range(_ROUNDS):
            if not left:
                return otherwise
            # In this order: evidence made after our look at it comes with an update of its hit, which our guard sees.
            stored = self._reading.documents("hits", left, ("standing", "reopened_at"))
            self._reading.settle("evidence")
            writes = [write for hit in self._standings(list(stored)) for write in self._standing(*hit, stored)]
            left = [each.id for each in self._write(writes)]
            otherwise += len(writes) - len(left)
        raise StoreUnavailableError("Hits are being written faster than they can be restated. Ask again later.")

    def _resting_on(self, changes: Changes) -> Iterator[list[Kept]]:
        for of_list, ids in changes.entries():
            of_it = {"term": {"match.list": of_list}}
            parts = [None] if ids is None else [ids[begin : begin + PAGE] for begin in range(0, len(ids), PAGE)]
            for part in parts:
                wanted = [of_it] if part is None else [of_it, {"terms": {"match.list_id": part}}]
                for page in self._reading.pages(
                    "evidence",
                    query={"bool": {"filter": wanted}},
                    # By hit, so that the evidence of one is not torn apart more than need be.
                    sort=[{"hit_id": "asc"}, {"evidence_id": "asc"}],
                    source_includes=[*_EVIDENCE_FIELDS, *_STATE_FIELDS],
                    seq_no_primary_term=True,
                ):
                    yield [kept(each) for each in page]

    def _bring_up(self, evidence: Sequence[Kept], changes: Changes) -> None:
        left = evidence
        for _ in range(_ROUNDS):
            writes = [write for each in left for write in self._restated(each, changes)]
            if not (overtaken := self._write(writes)):
                return
            again = [each.id for each in overtaken]
            left = list(self._reading.documents("evidence", again, (*_EVIDENCE_FIELDS, *_STATE_FIELDS)).values())
        raise StoreUnavailableError("Evidence is being written faster than it can be restated. Ask again later.")

    def _restated(self, evidence: Kept, changes: Changes) -> Iterator[Write]:
        match = evidence.source["match"]
        change = changes.of(match["list"], match["list_id"], match["algorithm"])
        if change is None:
            return
        # Never restated, it heard of all that the known set went through up to when it was found.
        found = {"version": evidence.source["known_version"], "at": evidence.source["seen_at"]}
        before = evidence.source.get("restated") or found
        if stale(change, before["version"], msgspec.convert(before["at"], datetime)):
            return
        held_apart = match.get("held_apart")
        if held_apart in {None, "flood"}:  # what else holds it apart stays
            held_apart = "flood" if change.flooding else None
        fields = {
            "withdrawn": change.withdrawn,
            "match": {"held_apart": held_apart},
            "restated": {"version": change.version, "at": change.at},
        }
        yield guarded_update(self._evidence, evidence, fields)

    def _standings(self, hits: Sequence[str]) -> Iterator[tuple[str, HitStanding, str | None]]:
        """Of each hit: how it stands by its evidence, and when the last of that was restated."""
        for begin in range(0, len(hits), PAGE):
            of_hit: dict[str, list[Document]] = {}
            for page in self._reading.pages(
                "evidence",
                query={"terms": {"hit_id": hits[begin : begin + PAGE]}},
                sort=[{"hit_id": "asc"}, {"evidence_id": "asc"}],
                source_includes=["hit_id", "match.held_apart", *_STATE_FIELDS],
            ):
                for each in page:
                    of_hit.setdefault(each["_source"]["hit_id"], []).append(each["_source"])
            for hit, evidence in of_hit.items():
                times = [each["restated"]["at"] for each in evidence if each.get("restated")]
                last = max(times, key=lambda at: msgspec.convert(at, datetime), default=None)
                yield hit, min((standing_by(each) for each in evidence), key=ORDER.index), last

    def _standing(self, hit: str, standing: HitStanding, last: str | None, stored: dict[str, Kept]) -> Iterator[Write]:
        before = stored[hit]
        if before.source.get("standing", "open") == standing:
            return
        reopened_at = (before.source.get("reopened_at") or last) if standing == "withdrawn" else None
        yield guarded_update(self._hits, before, {"standing": standing, "reopened_at": reopened_at})


def standing_by(evidence: Document) -> HitStanding:
    """How a hit would stand that had only this evidence."""
    match: dict[str, Any] = evidence.get("match") or {}  # Any: Elasticsearch's own JSON
    if evidence.get("withdrawn"):
        return "withdrawn"
    return "apart" if match.get("held_apart") else "open"
