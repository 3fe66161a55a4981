"""What an import did, what waits for a second person, what was done, and what the known set holds. Never a hash."""

from datetime import datetime
from typing import Literal

from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError
from matchers.contract.records import Algorithm, Meaning, Provenance
from matchers.known.registration import ListState, Registration


class ImportRefusedError(MatcherError):
    """A whole file was refused and nothing of it was imported. The text says why and repeats no row."""


class ImportReport(Record, frozen=True, kw_only=True):
    """What one import did; or, where `proposal` is set, would do once a second person approves it."""

    list: str
    added: int
    changed: int
    """Entries whose category, source or date differs from what was there, and those that came back."""
    retracted: int
    """Entries that the list took back: by a tombstone, by a category that is left out, or, in a complete file, by
    not naming them."""
    already_there: int
    unreadable: int
    """Rows that went to quarantine."""
    left_out: dict[str, int]
    """Well-formed rows that are not for this set, by reason."""
    version: int
    """Of the known set, after it."""
    proposal: int | None = None
    """Nothing was imported yet: this waits for a second person."""
    why: str | None = None
    """Why it waits."""


class QuarantinedRow(Record, frozen=True, kw_only=True):
    """A row that could not be read, by its place. Its text is not kept."""

    list: str
    file: str
    line: int
    reason: str


class ListCount(Record, frozen=True, kw_only=True):
    """What the known set holds of one list."""

    list: str
    state: ListState
    registration: Registration
    registered_by: str
    approved_by: str
    approved_at: datetime
    entries: dict[Algorithm, int]
    """All there are, the withdrawn included."""
    disabled: int
    retracted: int
    """Of the entries; one that is both counts here."""
    flooding: int
    quarantined: int
    last_import: datetime | None
    list_version: str | None
    """As the last import that named one called it."""


class Proposal(Record, frozen=True, kw_only=True):
    """Something that waits for a second person, or waited."""

    number: int
    what: Literal["register", "import", "retract"]
    list: str
    why: str
    """Why it takes two."""
    counts: dict[str, int]
    by: str
    at: datetime
    expires: datetime
    state: Literal["waiting", "carried_out", "refused", "expired"]
    account: str
    registration: Registration | None = None
    """What is proposed of a list."""
    file: str | None = None
    """The file of which an import is proposed."""
    complete: bool = False
    """That file is said to name the whole list."""
    list_ids: tuple[str, ...] | None = None
    """The entries of which a retraction is proposed; None also for a whole list."""
    asked_for: str | None = None
    """The reason that whoever proposed a retraction gave."""
    decided_by: str | None = None
    reason: str | None = None
    """Why it was refused."""


class Deed(Record, frozen=True, kw_only=True):
    """Something that was done to the known set. Append-only; holds no hash."""

    number: int
    at: datetime
    by: str
    account: str
    what: str
    list: str | None
    proposal: int | None
    reason: str | None
    counts: dict[str, int]


class Shown(Record, frozen=True, kw_only=True):
    """One hash of an entry, as people see it: without the hash, unless they asked for it."""

    number: int
    provenance: Provenance
    run: int
    """The import that last named or changed it."""
    file: str
    imported_at: datetime
    imported_by: str
    hash: str | None = None
    """Lower-case hex, only where it was asked for, and only of PDQ, pHash and dHash: digests lie as keyed digests,
    which cannot be turned back."""

    def __repr__(self) -> str:
        return f"Shown({self.provenance.list}:{self.provenance.list_id}, {self.provenance.algorithm})"


class Disagreement(Record, frozen=True, kw_only=True):
    """Entries of different lists with one hash that do not mean the same."""

    algorithm: Algorithm
    entries: tuple[tuple[str, str, Meaning], ...]
    """List, list id and meaning of each."""


class Verified(Record, frozen=True, kw_only=True):
    """What a look through the whole file found."""

    version: int
    entries: int
    active: int
    faults: tuple[str, ...]
    """What is wrong and what to do; empty when all is well."""


class NothingThereError(MatcherError):
    """There is no such entry."""


class Changed(Record, frozen=True, kw_only=True):
    """What a change did; or, where `proposal` is set, would do once a second person approves it."""

    entries: int
    """How many hashes it is about."""
    version: int
    """Of the known set, after it."""
    proposal: int | None = None
    why: str | None = None
    """Why it waits."""
