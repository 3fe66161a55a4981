"""The known set: lists imported into a store, a version of it loaded into exact indexes, asked by the matcher."""

from pathlib import Path

from crawler.contract.clock import Clock
from matchers.known.configuration import KnownTable
from matchers.known.known_set import LoadedKnownSet
from matchers.known.report import ImportRefusedError, ImportReport, ListCount, QuarantinedRow
from matchers.known.rows import BadRow, Row
from matchers.known.store import KnownStore

__all__ = [
    "BadRow",
    "ImportRefusedError",
    "ImportReport",
    "KnownStore",
    "KnownTable",
    "ListCount",
    "LoadedKnownSet",
    "QuarantinedRow",
    "Row",
    "open_known_store",
]


def open_known_store(table: KnownTable, state: Path, clock: Clock) -> KnownStore:
    """The known set's store where the configuration says it is, made if it is not there.

    Raises `StoreRefusedError` or `StoreUnavailableError` when it cannot be opened.
    """
    return KnownStore(table.file or state / "known.sqlite", clock)
