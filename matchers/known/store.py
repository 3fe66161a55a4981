"""The known set on disk: registered lists, entries with their provenance, a version that grows with every change.

People's changes and imports write here; matchers read a version of it into their indexes and then what has changed.
While an import runs every reader keeps the set as it was before; the new one is there, whole, at its commit.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import BinaryIO

from crawler.contract.clock import Clock
from matchers.contract.records import Algorithm
from matchers.known import changing, deeds, lists, merging, proposing, registering, second_person, snapshot
from matchers.known.asked_store import AskedStore
from matchers.known.inspected_store import InspectedStore
from matchers.known.limits import Limits
from matchers.known.people import Person, two_people
from matchers.known.registration import Registration, checked, signing_key, vouched
from matchers.known.report import Changed, ImportRefusedError, ImportReport, NothingThereError
from matchers.known.rows import Row
from matchers.known.schema import told_apart
from matchers.known.signing import check_signature, check_untouched, state_of
from matchers.known.staging import Staged, stage
from matchers.known.staging_area import StagingArea
from matchers.known.veiling import veiled
from matchers.veil import Veil


class KnownStore(AskedStore, InspectedStore):
    """What people change. Thread-safe, and shared by any number of processes on one machine.

    Every method raises `StoreUnavailableError` when the file is busy for too long, out of reach or without room to
    write, and `StoreRefusedError` when it is no known set or one of another veil. What takes two people returns the
    number of a proposal, which somebody else approves.
    """

    def __init__(self, path: Path, clock: Clock, veil: Veil, limits: Limits | None = None) -> None:
        super().__init__(path, clock, veil)
        self._limits = limits or Limits()
        self._area = StagingArea(path)

    def note_limits(self, *, by: Person) -> None:
        """Put on record that this set is changed under other limits than before, where it is."""
        with told_apart(self._path), self._opened() as connection:
            same = changing.limits_noted(connection) == self._limits
        if not same:
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
            if signature is not None and not signed:
                raise ImportRefusedError(
                    f"{list_name} is registered without its provider's key, so the signature says nothing. Register it "
                    "with --signing-key, or import the file without --signature."
                )
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
            with self._writing(self._rows(staging)) as connection:
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

    def _merge_or_propose(
        self, staged: Staged, staging: str, read_as: Registration, fetched_from: str | None
    ) -> ImportReport:
        with self._writing(self._area.rows(staging)) as connection:
            proposing.expire(connection, at=self._clock())
            listed = lists.registered(connection, staged.list)
            lists.check_open(listed)
            judged = merging.judge(connection, staged, listed)
            why = second_person.two_needed(
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
                counts=second_person.proposed(judged),
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
            counts=second_person.proposed(judged),
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
                second_person.check_still_as_proposed(judged, waiting.counts)
                return self._merge(connection, staged, judged, listed, by=by, proposal=waiting.number)

    def _switch_hash(self, algorithm: Algorithm, value: str, *, off: bool, by: Person, reason: str) -> Changed:
        try:
            (hidden,) = veiled(self._veil, algorithm, [value.strip()])
        except ValueError:
            raise NothingThereError(f"What was given is no {algorithm} in hexadecimal digits.") from None
        with self._writing() as connection:
            return changing.switch_hash(connection, algorithm, hidden, off=off, by=by, at=self._clock(), reason=reason)

    def _rows(self, staging: str | None) -> Path | None:
        return None if staging is None else self._area.rows(staging)

    def _is_staged(self, name: str) -> bool:
        with self._opened() as connection:
            return proposing.is_staged(connection, name, at=self._clock())
