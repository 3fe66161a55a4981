"""A block: the pictures that a matcher worked through in one go, with the version of the set it matched them with."""

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record


class Block(Record, frozen=True, kw_only=True):
    """Where a block lies and what it is about; without its hashes."""

    day: str
    """Of its file, `YYYY-MM-DD`, UTC: when it was kept."""
    number: int
    """In that file."""
    pictures: int
    views: int
    """How many PDQ hashes they have, all together."""
    last_at: UtcTime
    """When the last of its pictures was fetched, to the second."""
    version: int
    """Up to which version of the known set its pictures have been matched."""
