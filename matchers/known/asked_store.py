"""What matchers ask of the known set, and the little that they write: floods, and how far they have come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from crawler.sqlite_file import transaction
from matchers.contract.records import Provenance, Restated
from matchers.known import changing, looking, snapshot, standing
from matchers.known.known_file import KnownFile
from matchers.known.schema import told_apart
from matchers.known.snapshot import KnownSnapshot


class AskedStore(KnownFile):
    """The part of `KnownStore` that matchers use."""

    @property
    def version(self) -> int:
        """0 for a set that never held anything; grows with every change."""
        with self._shared() as connection:
            return snapshot.version_of(connection)

    @contextmanager
    def snapshot(self) -> Iterator[KnownSnapshot]:
        """One version of the set, held for reading; neither waits for an import nor keeps one waiting."""
        with self._reading() as connection:
            yield KnownSnapshot(connection)

    def entries(self, numbers: Iterable[int]) -> Mapping[int, Provenance]:
        """How the entries with these numbers stand now, the withdrawn included; a number not there is left out.

        `disputed` is left False: whoever asks has found all entries of a hash together, and can tell.
        """
        with self._shared() as connection:
            return looking.entries(connection, numbers)

    def alike(self, numbers: Iterable[int]) -> Mapping[int, int]:
        """For each of these entries the first of them that holds the same hash of the same algorithm."""
        with self._shared() as connection:
            return looking.alike(connection, numbers)

    def restatements(self, after: int, limit: int) -> Sequence[tuple[int, Restated]]:
        """What changed standing, after that number of the log, at most so many. The log is append-only."""
        with self._shared() as connection:
            return standing.read_restatements(connection, after, limit)

    def cursor(self, name: str) -> int:
        """How far the consumer of that name has come in the log; 0 for a new one."""
        with self._shared() as connection:
            found = connection.execute("SELECT number FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def advance(self, name: str, to: int) -> None:
        """The consumer has come so far; durable when it returns. Never goes back."""
        with told_apart(self._path), self._opened() as connection:
            connection.execute(
                "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET number = max(number, excluded.number)",
                (name, to),
            )

    def mark_flooding(self, numbers: Iterable[int]) -> int:
        """From now on matches of these entries are held apart, until a person releases them. Returns the version."""
        with told_apart(self._path), self._opened() as connection, transaction(connection):
            return changing.mark_flooding(connection, numbers, at=self._clock())
