"""From where on a second person is needed, and how much of a file may be unreadable."""

from typing import Final

from crawler.contract.struct import Record

PROPOSAL_DAYS: Final = 30
"""A proposal that nobody decided on by then has to be made again."""


class Limits(Record, frozen=True, kw_only=True):
    """See `KnownTable`, which says the same for operators."""

    small_list: int = 1000
    most_changed: float = 0.5
    bulk_retraction: int = 100
    one_account: bool = False
    unsigned_by_one: bool = False
    most_unreadable: float = 0.2
