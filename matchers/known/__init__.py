"""The known set: registered lists imported into a store, a version of it loaded into exact indexes, asked by the
matcher.
"""

from pathlib import Path

from crawler.contract.clock import Clock
from matchers.known.configuration import KnownTable
from matchers.known.known_set import LoadedKnownSet
from matchers.known.limits import Limits
from matchers.known.people import NotAllowedError, Person, person_here
from matchers.known.registration import (
    ListKind,
    ListState,
    Registration,
    RegistrationRefusedError,
    Sense,
    checked_server,
    read_categories,
)
from matchers.known.report import (
    Changed,
    Deed,
    Disagreement,
    ImportRefusedError,
    ImportReport,
    ListCount,
    NothingThereError,
    Proposal,
    QuarantinedRow,
    Shown,
    Verified,
)
from matchers.known.rows import BadRow, LeftOut, ListHead, Row, Tombstone
from matchers.known.snapshot import KnownSnapshot
from matchers.known.store import KnownStore
from matchers.known.two_hands import import_by_two
from matchers.veil import Veil

__all__ = [
    "BadRow",
    "Changed",
    "Deed",
    "Disagreement",
    "ImportRefusedError",
    "ImportReport",
    "KnownSnapshot",
    "KnownStore",
    "KnownTable",
    "LeftOut",
    "Limits",
    "ListCount",
    "ListHead",
    "ListKind",
    "ListState",
    "LoadedKnownSet",
    "NotAllowedError",
    "NothingThereError",
    "Person",
    "Proposal",
    "QuarantinedRow",
    "Registration",
    "RegistrationRefusedError",
    "Row",
    "Sense",
    "Shown",
    "Tombstone",
    "Verified",
    "checked_server",
    "import_by_two",
    "open_known_store",
    "person_here",
    "read_categories",
]


def open_known_store(table: KnownTable, state: Path, clock: Clock, veil_key: bytes) -> KnownStore:
    """The known set's store where the configuration says it is, made if it is not there.

    `veil_key`: 32 bytes (`crawler.sealing.read_veil_key`). Raises `StoreRefusedError` or `StoreUnavailableError`
    when it cannot be opened, `StoreRefusedError` also when it was made with another key.
    """
    return KnownStore(table.file or state / "known.sqlite", clock, Veil(veil_key), table.limits())
