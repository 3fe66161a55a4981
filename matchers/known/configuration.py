"""The `[known]` table: where the known set lies and how soon a running matcher takes notice of an import."""

from pathlib import Path
from typing import Annotated

import msgspec

from crawler.contract.config import Table


class KnownTable(Table, frozen=True):
    """Every key has a default: an empty table is a working one."""

    file: Path | None = None
    """The SQLite file of the known set; None means `known.sqlite` in the state folder."""
    refresh_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """How often a matcher asks whether the set has changed. At most a minute: an import works within one."""
