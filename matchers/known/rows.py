"""What an importer makes of a list's file, one after the other. The store takes them all, streaming."""

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record
from matchers.contract.records import Algorithm, KnownEntry


class BadRow(Record, frozen=True, kw_only=True):
    """A row that could not be read. Its text is not kept: it may hold a hash."""

    line: int
    """Line of the file, from 1; in formats without lines the number of the item, from 1."""
    reason: str
    """What is wrong and what would be right; repeats nothing of the row."""


class LeftOut(Record, frozen=True, kw_only=True):
    """Something that is well formed and not for this set: PhotoDNA, a hash of a film. Counted."""

    reason: str
    """The same text for the same kind: it is counted by it."""


class Tombstone(Record, frozen=True, kw_only=True):
    """The list takes an entry back."""

    list_id: str
    algorithm: Algorithm | None = None
    """None: all its hashes."""
    value: str | None = None
    """Lower-case hex: only this one of them."""

    def __repr__(self) -> str:
        return f"Tombstone({self.list_id})"


class ListHead(Record, frozen=True, kw_only=True):
    """What the file says of itself; at most one, before the rows it is about."""

    version: str | None = None
    dated: UtcTime | None = None


Row = KnownEntry | Tombstone | BadRow | LeftOut | ListHead
