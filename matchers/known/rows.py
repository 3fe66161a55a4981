"""What an importer makes of a row: a `KnownEntry`, or a `BadRow` that says why not. The store takes both."""

from crawler.contract.struct import Record
from matchers.contract.records import KnownEntry


class BadRow(Record, frozen=True, kw_only=True):
    """A row that could not be read. Its text is not kept: it may hold a hash."""

    line: int
    """Line of the file, from 1."""
    reason: str
    """What is wrong and what would be right; repeats nothing of the row."""


Row = KnownEntry | BadRow
