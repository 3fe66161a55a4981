"""A machine's known set, seen store and hit store, a matcher that matches at once, and what matches again."""

import time
from collections.abc import Iterable
from pathlib import Path

from crawler.contract.clock import Clock
from crawler.contract.records import ImageSeen
from matchers.contract.records import Found, HitStanding, KnownEntry, Match
from matchers.hits.sqlite import SqliteHitStore
from matchers.known import KnownStore, LoadedKnownSet
from matchers.match import findings
from matchers.rematching import Rematcher, Standing
from matchers.seen import SeenStore
from tests.known_sets import FIRST, TEST_VEIL, add, known_store
from tests.pictures_seen import DIGEST_KEY

DISTANCE = 31
MIN_QUALITY = 50


class Scene:
    """All of it over one folder; any number of them, in any number of processes, may share that."""

    def __init__(
        self,
        state: Path,
        *,
        hashes_at_once: int = 1 << 16,
        entries_at_once: int = 2_000_000,
        clock: Clock = time.time,
    ) -> None:
        self.known: KnownStore = known_store(state / "known.sqlite", clock=clock)
        self.seen = SeenStore(state / "seen", time.time, TEST_VEIL, digest_key=DIGEST_KEY, days=30)
        self.hits = SqliteHitStore(state / "hits.sqlite")
        self.rematcher = Rematcher(
            self.known,
            self.seen,
            self.hits,
            distance=DISTANCE,
            min_quality=MIN_QUALITY,
            dihedral=True,
            digest_key=DIGEST_KEY,
            clock=time.time,
            hashes_at_once=hashes_at_once,
            entries_at_once=entries_at_once,
        )

    def add(self, *entries: KnownEntry) -> None:
        add(self.known, entries)

    def retract(self, list_name: str, *list_ids: str) -> None:
        self.known.retract(list_name, list_ids, by=FIRST, reason="a test")

    def loaded(self) -> LoadedKnownSet:
        """The set of this version, as a matcher has it until it refreshes."""
        return LoadedKnownSet(self.known, distance=DISTANCE, min_quality=MIN_QUALITY, dihedral=True)

    def match(self, *seen: ImageSeen, by: LoadedKnownSet | None = None) -> None:
        """As a matcher's worker does a batch."""
        standing = Standing(self.known, self.hits)
        moment = standing.now()
        found, version = answered(self.loaded() if by is None else by, seen)
        if found:
            self.hits.store(found)
            standing.restate_if_moved(found, moment)
        self.seen.append(seen, version)

    def told(self) -> dict[tuple[str, str, str, str], tuple[Match, bool]]:
        """Every piece of evidence there is, by hit, algorithm, list and list id, and whether it is withdrawn."""
        return {
            (hit.hit.id, one.match.algorithm, one.match.list, one.match.list_id): (one.match, one.withdrawn is not None)
            for hit in self.hits.hits()
            for one in hit.evidence
        }

    def standings(self) -> dict[str, HitStanding]:
        return {hit.hit.id: hit.standing for hit in self.hits.hits()}

    def close(self) -> None:
        for each in (self.known, self.seen, self.hits):
            each.close()


def answered(known: LoadedKnownSet, seen: Iterable[ImageSeen]) -> tuple[list[Found], int]:
    """What a matcher finds at once, and with which version."""
    batch = list(seen)
    answer = known.match(batch)
    return [
        findings(each, matches, answer.version, DIGEST_KEY)
        for each, matches in zip(batch, answer.matches, strict=True)
        if matches
    ], answer.version
