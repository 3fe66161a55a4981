"""The `[seen]` table: whether and how long what was seen is kept, to be matched again when the known set grows."""

from pathlib import Path
from typing import Annotated

import msgspec

from crawler.contract.config import Table


class SeenTable(Table, frozen=True, kw_only=True):
    """Every key has a default: an empty table is a working one."""

    enabled: bool = True
    """Off, nothing is kept, and a new entry is matched against what is seen from then on only."""
    folder: Path | None = None
    """Where the files lie, one a day; None means `seen` in the state folder. Each machine has its own."""
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """How many whole days (UTC) are kept besides the present one. Older files are deleted, whole."""
