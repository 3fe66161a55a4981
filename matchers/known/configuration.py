"""The `[known]` table: where the known set lies, how soon it is taken notice of, and what takes two people."""

from pathlib import Path
from typing import Annotated

import msgspec

from crawler.contract.config import Table
from matchers.known.limits import Limits
from matchers.known.remote.configuration import RemoteTable

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class KnownTable(Table, frozen=True):
    """Every key has a default: an empty table is a working one."""

    file: Path | None = None
    """The SQLite file of the known set; None means `known.sqlite` in the state folder."""
    refresh_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """How often a matcher asks whether the set has changed. At most a minute: an import works within one."""
    most_unreadable: _Share = 0.2
    """A file of which a larger share of rows cannot be read is refused whole."""
    small_list: _Count = 1000
    """An import that leaves its list with fewer entries than this takes two people."""
    most_changed: _Share = 0.5
    """An import that adds, changes or takes back more than this share of its list takes two people."""
    bulk_retraction: _Count = 100
    """Taking back more entries than this at once takes two people."""
    one_account: bool = False
    """Two people may share one account of the operating system: only their names tell them apart then."""
    unsigned_by_one: bool = False
    """One person may add entries to a large list with a file that nobody signed and no registered server served.
    Whoever may do that can have anybody's picture looked for."""

    overlay_entries: Annotated[int, msgspec.Meta(ge=1)] = 200_000
    """A matcher holds so many changes in memory; when there are more, a new index is built in the background."""
    remembered: _Count = 20_000
    """The answers to so many pictures are kept in memory, since the same ones come again and again."""
    remote: dict[str, RemoteTable] = msgspec.field(default_factory=dict)
    """Lists that are fetched, by the name under which each has been registered."""

    def limits(self) -> Limits:
        """From where on a second person is needed."""
        return Limits(
            small_list=self.small_list,
            most_changed=self.most_changed,
            bulk_retraction=self.bulk_retraction,
            one_account=self.one_account,
            unsigned_by_one=self.unsigned_by_one,
            most_unreadable=self.most_unreadable,
        )
