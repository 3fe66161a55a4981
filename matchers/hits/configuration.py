"""The `[hits]` table: where hits are kept."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from crawler.contract.config import Table


class HitsTable(Table, frozen=True):
    """Every key has a default: an empty table keeps hits in the state folder."""

    kind: Literal["embedded", "elasticsearch"] = "embedded"
    file: Path | None = None
    """Embedded: the SQLite file; None means `hits.sqlite` in the state folder."""
    urls: tuple[str, ...] = ()
    """Elasticsearch: its nodes, as `https://name:9200`."""
    user: str | None = None
    password_file: Path | None = None
    """A file with the user's password and nothing else, readable by its owner only."""
    ca_file: Path | None = None
    """Certificates to trust for https; None trusts what the system trusts."""
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,40}$")] = "zoeklicht"
    """How the names of indices, aliases and templates begin."""
    request_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0
    """How long Elasticsearch may take to answer one request."""
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    """How often a request is tried before the store counts as unavailable (a matcher then waits and asks again)."""
