"""The known set on disk: registered lists, entries with their provenance, a version that grows with every change.

People's changes and imports write here; matchers read a version of it into their indexes and then what has changed.
While an import runs every reader keeps the set as it was before; the new one is there, whole, at its commit.
"""

import errno
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import BinaryIO, Final

from crawler.contract.clock import Clock
from crawler.sqlite_file import transaction
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import Algorithm, Provenance, Restated
from matchers.known import changing, deeds, lists, looking, merging, proposing, registering, snapshot, standing
from matchers.known.limits import Limits
from matchers.known.people import NotAllowedError, Person, two_people
from matchers.known.registration import Registration, checked, signing_key, vouched
from matchers.known.report import (
    Changed,
    Deed,
    Disagreement,
    ImportReport,
    ListCount,
    NothingThereError,
    Proposal,
    QuarantinedRow,
    Shown,
    Verified,
)
from matchers.known.rows import Row
from matchers.known.schema import connect, connect_patiently, create, told_apart
from matchers.known.signing import check_signature, check_untouched, state_of
from matchers.known.snapshot import KnownSnapshot
from matchers.known.staging import Staged, stage
from matchers.known.staging_area import StagingArea
from matchers.known.veiling import veiled
from matchers.veil import Veil

_MERGING_CACHE_KIB: Final = 128 * 1024
_FULL: Final = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class KnownStore:
    """Thread-safe, and shared by any number of processes on one machine.

    Every method raises `StoreUnavailableError` when the file is busy for too long, out of reach or without room to
    write, and `StoreRefusedError` when it is no known set or one of another veil. What takes two people returns the
    number of a proposal, which somebody else approves.
    """

    def __init__(self, path: Path, clock: Clock, veil: Veil, limits: Limits | None = None) -> None:
        create(path, veil.fingerprint)
        self._path = path
        self._clock = clock
        self._veil = veil
        self._limits = limits or Limits()
        self._area = StagingArea(path)
        self._lock = threading.Lock()
        self._connection = connect(path)

    # What matchers ask.

    @property
    def version(self) -> int:
        """0 for a set that never held anything; grows with every change."""
        with self._shared() as connection:
            return snapshot.version_of(connection)

    @property
    def path(self) -> Path:
        """Its file; what belongs to it lies beside."""
        return self._path

    @property
    def veil(self) -> Veil:
        """What its hashes went through."""
        return self._veil

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

    # What people do.

    def note_limits(self, *, by: Person) -> None:
        """Put on record that this set is changed under other limits than before, where it is."""
        with self._writing() as connection:
            changing.note_limits(connection, self._limits, by=by, at=self._clock())

    def register(self, registration: Registration, *, by: Person) -> int | None:
        """Propose a list, or that a list be registered otherwise. Returns the proposal's number.

        None when it only changes the contact of a list, which takes one person. Raises `RegistrationRefusedError`.
        """
        checked(registration)
        with self._writing() as connection:
            return registering.register(connection, registration, by=by, at=self._clock())

    def import_rows(
        self,
        list_name: str,
        rows: Iterable[Row],
        *,
        file: str,
        by: Person,
        list_version: str | None = None,
        complete: bool = False,
        most_unreadable: float | None = None,
        content: BinaryIO | None = None,
        signature: bytes | None = None,
        fetched_from: str | None = None,
    ) -> ImportReport:
        """Take a list's rows in, streaming: staged first, then merged as one transaction, or proposed.

        Importing the same again changes nothing. `file` names the import's origin in the quarantine; what an earlier
        import of the same list and file left there is replaced. `complete`: the file names the whole list, and what
        it does not name is taken back. For a list whose provider signs, `content` is the open file that `rows` will
        be read from. `fetched_from`: the server that the rows were fetched from, which speaks for the provider where
        the list is registered with it. Where it takes two people the report has a `proposal`, and nothing is changed
        until it is approved. Raises `ImportRefusedError` or `NotAllowedError`, with nothing imported.
        """
        with self._told_apart():
            with self._opened() as connection:
                listed = lists.registered(connection, list_name)
            lists.check_open(listed)
            signed = listed.registration.signing_key is not None
            before = state_of(content)
            if listed.registration.signing_key is not None:
                key = signing_key(listed.registration.signing_key)
                check_signature(content, signature, key, list_name=list_name)
            with self._area.opened(wanted=self._is_staged) as folder:
                report = None
                try:
                    staged = stage(
                        folder,
                        rows,
                        self._veil,
                        list_name=list_name,
                        file=file,
                        by=by,
                        list_version=list_version,
                        complete=complete,
                        most_unreadable=self._limits.most_unreadable if most_unreadable is None else most_unreadable,
                    )
                    if signed:
                        check_untouched(content, before, list_name=list_name)
                    report = self._merge_or_propose(staged, folder.name, listed.registration, fetched_from)
                finally:
                    if report is None or report.proposal is None:
                        self._area.remove(folder.name)
            return report

    def approve(self, proposal: int, *, by: Person) -> ImportReport | Changed:
        """A second person approves, and it is carried out. Raises `NotAllowedError` where they may not."""
        with self._told_apart():
            with self._opened() as connection:
                staging = proposing.waiting(connection, proposal).staging
            with self._writing(staging) as connection:
                proposing.expire(connection, at=self._clock())
                waiting = proposing.waiting(connection, proposal)
                two_people(waiting.by, by, one_account=self._limits.one_account)
                done = self._carry_out(connection, waiting, by)
                proposing.decide(connection, proposal, "carried_out", by=by, at=self._clock())
            if staging is not None:
                self._area.remove(staging)
            return done

    def refuse(self, proposal: int, *, by: Person, reason: str) -> None:
        """Anybody may refuse, the proposer included."""
        with self._writing() as connection:
            waiting = proposing.waiting(connection, proposal)
            proposing.decide(connection, proposal, "refused", by=by, at=self._clock(), reason=reason)
            deeds.record(
                connection,
                "refused",
                by=by,
                at=self._clock(),
                list_name=waiting.list,
                proposal=proposal,
                reason=reason,
            )
        if waiting.staging is not None:
            self._area.remove(waiting.staging)

    def retract(self, list_name: str, list_ids: Sequence[str] | None, *, by: Person, reason: str) -> Changed:
        """The list takes entries back, or, with None, the whole list ends. A bulk of them takes two people."""
        with self._writing() as connection:
            return changing.retract(
                connection, list_name, list_ids, self._limits, by=by, at=self._clock(), reason=reason
            )

    def disable(self, list_name: str, list_id: str | None = None, *, by: Person, reason: str) -> Changed:
        """Switch an entry off, or a whole list, until it is enabled again. Imports leave it off."""
        with self._writing() as connection:
            return changing.switch(connection, list_name, list_id, off=True, by=by, at=self._clock(), reason=reason)

    def enable(self, list_name: str, list_id: str | None = None, *, by: Person, reason: str) -> Changed:
        """Switch it on again. Entries that were disabled one by one stay off when their list is enabled."""
        with self._writing() as connection:
            return changing.switch(connection, list_name, list_id, off=False, by=by, at=self._clock(), reason=reason)

    def disable_hash(self, algorithm: Algorithm, value: str, *, by: Person, reason: str) -> Changed:
        """Switch a hash off (hex) on whatever list it stands, those imported later included. Reads the whole set.

        Raises `NothingThereError` when it is no hash of that algorithm.
        """
        return self._switch_hash(algorithm, value, off=True, by=by, reason=reason)

    def enable_hash(self, algorithm: Algorithm, value: str, *, by: Person, reason: str) -> Changed:
        """Switch it on again. Reads the whole set."""
        return self._switch_hash(algorithm, value, off=False, by=by, reason=reason)

    def release(self, list_name: str, list_id: str, *, by: Person, reason: str) -> Changed:
        """A person has looked: the entry's matches count (again), though there are many."""
        with self._writing() as connection:
            return changing.release(connection, list_name, list_id, by=by, at=self._clock(), reason=reason)

    # What people look at.

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
        """The rows that could not be read at each file's last import, of one list or of all."""
        with self._reading() as connection:
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

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _merge_or_propose(
        self, staged: Staged, staging: str, read_as: Registration, fetched_from: str | None
    ) -> ImportReport:
        with self._writing(staging) as connection:
            proposing.expire(connection, at=self._clock())
            listed = lists.registered(connection, staged.list)
            lists.check_open(listed)
            judged = merging.judge(connection, staged, listed)
            why = merging.two_needed(
                judged, listed, self._limits, vouched=vouched(read_as, listed.registration, fetched_from)
            )
            if why is None:
                return self._merge(connection, staged, judged, listed, by=staged.by, proposal=None)
            number = proposing.propose(
                connection,
                staged.list,
                proposing.Merge(staged),
                by=staged.by,
                at=self._clock(),
                why=why,
                counts=merging.proposed(judged),
                staging=staging,
            )
            return merging.told(staged, judged, version=snapshot.version_of(connection), proposal=number, why=why)

    def _merge(
        self,
        connection: Connection,
        staged: Staged,
        judged: merging.Judged,
        listed: lists.KnownList,
        *,
        by: Person,
        proposal: int | None,
    ) -> ImportReport:
        report = merging.merge(connection, staged, listed, judged, at=self._clock())
        deeds.record(
            connection,
            "imported",
            by=by,
            at=self._clock(),
            list_name=staged.list,
            proposal=proposal,
            reason=f"file {staged.file}",
            counts=merging.proposed(judged),
        )
        return report

    def _carry_out(self, connection: Connection, waiting: proposing.Waiting, by: Person) -> ImportReport | Changed:
        match waiting.action:
            case proposing.Register(registration):
                return registering.carry_out(connection, registration, waiting, by=by, at=self._clock())
            case proposing.Retract(list_name, list_ids, reason):
                return changing.carry_out_retraction(
                    connection, list_name, list_ids, by=by, at=self._clock(), reason=reason, proposal=waiting.number
                )
            case proposing.Merge(staged):
                listed = lists.registered(connection, staged.list)
                lists.check_open(listed)
                judged = merging.judge(connection, staged, listed)
                merging.check_still_as_proposed(judged, waiting.counts)
                return self._merge(connection, staged, judged, listed, by=by, proposal=waiting.number)

    def _switch_hash(self, algorithm: Algorithm, value: str, *, off: bool, by: Person, reason: str) -> Changed:
        try:
            (hidden,) = veiled(self._veil, algorithm, [value.strip()])
        except ValueError:
            raise NothingThereError(f"What was given is no {algorithm} in hexadecimal digits.") from None
        with self._writing() as connection:
            return changing.switch_hash(connection, algorithm, hidden, off=off, by=by, at=self._clock(), reason=reason)

    def _is_staged(self, name: str) -> bool:
        with self._opened() as connection:
            return proposing.is_staged(connection, name, at=self._clock())

    @contextmanager
    def _shared(self) -> Iterator[Connection]:
        """The connection for what is quick. Nothing is written with it, so look-ups never wait for a writer."""
        with told_apart(self._path), self._lock:
            yield self._connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection of its own, at one version, for what takes long: the shared one stays free for look-ups."""
        with told_apart(self._path), self._opened() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def _writing(self, staging: str | None = None) -> Iterator[Connection]:
        """A transaction that waits for others', with what is staged under that name attached as `staged`."""
        with self._told_apart():
            connection = connect_patiently(self._path)
            try:
                if staging is not None:
                    if not self._area.rows(staging).exists():
                        raise NotAllowedError("What was staged for this is gone. Import the file again.")
                    connection.execute(f"PRAGMA main.cache_size = -{_MERGING_CACHE_KIB}")
                    connection.execute("ATTACH ? AS staged", (str(self._area.rows(staging)),))
                with transaction(connection):
                    yield connection
            finally:
                connection.close()

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        connection = connect(self._path)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """As `told_apart`, and a full disk that shows outside of SQLite is told like one that shows in it."""
        try:
            with told_apart(self._path):
                yield
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise StoreUnavailableError(
                f"{self._path}: there is no room beside the known set ({errno.errorcode[error.errno]}). Nothing was "
                "changed: the set is as it was. Free space there, then do it again."
            ) from None
