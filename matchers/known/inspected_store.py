"""What people look at in the known set: lists, entries, proposals, deeds. Nothing here changes it."""

from collections.abc import Iterator

from matchers.known import deeds, lists, looking, proposing
from matchers.known.known_file import KnownFile
from matchers.known.report import Deed, Disagreement, ListCount, Proposal, QuarantinedRow, Shown, Verified


class InspectedStore(KnownFile):
    """The part of `KnownStore` that shows."""

    def counts(self) -> tuple[ListCount, ...]:
        """What each list holds, by name."""
        with self._reading() as connection:
            return looking.counts(connection)

    def show(self, list_name: str, list_id: str, *, with_hashes: bool = False) -> tuple[Shown, ...]:
        """An entry's hashes one by one, with where they come from and how they stand."""
        with self._reading() as connection:
            return tuple(looking.shown(connection, self._veil, list_name, list_id, with_hashes=with_hashes))

    def export(self, list_name: str, *, with_hashes: bool = False) -> Iterator[Shown]:
        """All entries of a list, streaming, one version of it. Digests cannot be turned back: their `hash` is None."""
        with self._reading() as connection:
            lists.registered(connection, list_name)
            yield from looking.shown(connection, self._veil, list_name, None, with_hashes=with_hashes)

    def flooding(self, list_name: str) -> tuple[Shown, ...]:
        """The entries of a list that flood."""
        with self._reading() as connection:
            lists.registered(connection, list_name)
            return tuple(looking.flooding(connection, list_name))

    def disabled_hashes(self) -> int:
        """How many hashes were switched off on whatever list they stand, those on none included."""
        with self._reading() as connection:
            return looking.disabled_hashes(connection)

    def quarantined(self, list_name: str | None = None) -> Iterator[QuarantinedRow]:
        """The rows that could not be read at each file's last import, of one list or of all.

        Raises `NotAllowedError` when there is no list of that name.
        """
        with self._reading() as connection:
            if list_name is not None:
                lists.registered(connection, list_name)
            yield from looking.quarantined(connection, list_name)

    def disagreements(self) -> Iterator[Disagreement]:
        """Hashes that lists disagree about. Sorts the whole set."""
        with self._reading() as connection:
            yield from looking.disagreements(connection)

    def proposals(self) -> tuple[Proposal, ...]:
        """What waits for a second person, or waited; oldest first."""
        with self._reading() as connection:
            return tuple(proposing.read(connection, at=self._clock()))

    def deeds(self, after: int = 0) -> Iterator[Deed]:
        """What was done, by whom and when, oldest first. No hashes."""
        with self._reading() as connection:
            yield from deeds.read(connection, after)

    def verify(self) -> Verified:
        """Look through the whole file."""
        with self._reading() as connection:
            return looking.verified(connection)
