"""What an import did, and what the known set holds, in numbers."""

from datetime import datetime

from crawler.contract.struct import Record
from matchers.contract.errors import MatcherError
from matchers.contract.records import Algorithm


class ImportRefusedError(MatcherError):
    """A whole file was refused and nothing of it was imported. The text says why and repeats no row."""


class ImportReport(Record, frozen=True, kw_only=True):
    """What one import did."""

    list: str
    added: int
    changed: int
    """Entries whose category or source differs from what was there."""
    already_there: int
    unreadable: int
    """Rows that went to quarantine."""
    version: int
    """Of the known set, after it."""


class QuarantinedRow(Record, frozen=True, kw_only=True):
    """A row that could not be read, by its place. Its text is not kept."""

    list: str
    file: str
    line: int
    reason: str


class ListCount(Record, frozen=True, kw_only=True):
    """What the known set holds of one list."""

    list: str
    entries: dict[Algorithm, int]
    quarantined: int
    last_import: datetime
