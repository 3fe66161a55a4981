"""The ports of matching: the known set that answers, and the hit store that keeps."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from crawler.contract.records import ImageSeen
from matchers.contract.records import Answer, CoverageFigure, Found, HitStanding, Restated, StoredHit


class KnownSet(Protocol):
    """Answers which entries a picture matches. Exact within the distance asked: it overlooks nothing."""

    @property
    def version(self) -> int:
        """Grows with every change of the set; each answer is of one version."""

    def match(self, seen: Sequence[ImageSeen]) -> Answer:
        """For each picture all its matches, one for each entry, each at its least distance, best first.

        The answer is of one version, whatever is exchanged meanwhile; entries withdrawn since are left out already.
        Raises `StoreUnavailableError` when the set does not answer; asking again is safe.
        """


class HitStore(Protocol):
    """Keeps hits, their evidence and their sightings. Writes are idempotent; it never touches what the desk owns."""

    def store(self, found: Sequence[Found], *, again: bool = False) -> None:
        """Keep these; each of them is durable when it returns.

        What is known already stays as it is (evidence that was withdrawn or held apart since stays so), but the hit's
        matcher-owned fields and its standing are brought up to date: new evidence that counts opens it again. `again`:
        it was seen before, so a hit that is there keeps what it says of itself, which is newer. Raises
        `StoreUnavailableError` or `StoreRefusedError` when any one of them was not kept; storing all again is safe.
        """

    def restate(self, changes: Sequence[Restated]) -> int:
        """Entries stand otherwise: bring the evidence of them, and the standing of hits that rest on it, up to date.

        Returns how many hits stand otherwise than before. Takes changes in their order; durable when it returns;
        safe to repeat; a change older (by version and by time) than the last one that evidence took, or than the
        evidence itself, is left out. What is held apart for another reason than a flood stays so. Never touches what
        the desk owns. Raises as `store` does.
        """

    def hits(self, standing: HitStanding | None = None) -> Iterator[StoredHit]:
        """Every hit, or every one that stands so, first seen first. Reads in pages; memory stays bounded."""

    def get(self, hit_id: str) -> StoredHit | None:
        """One hit, or None."""

    def count(self) -> int:
        """How many hits there are."""

    def keep_coverage(self, figures: Sequence[CoverageFigure]) -> None:
        """Keep these figures, each in the place of the one with its id. Durable when it returns; safe to repeat."""

    def coverage(self, day: str) -> Sequence[CoverageFigure]:
        """The figures of a day (`YYYY-MM-DD`, UTC), in the order of their ids."""

    def close(self) -> None:
        """Let go of connections."""
