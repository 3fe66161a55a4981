"""`[desk]`: the secret key and the record of its use."""

from pathlib import Path
from typing import Annotated

import msgspec

from crawler.contract.config import Table


class DeskTable(Table, frozen=True, kw_only=True):
    """Only the desk's own machine has this table."""

    secret_key_file: Path | None = None
    """The desk's secret key: opens addresses. Embedded runs keep it in the state folder."""
    audit_file: Path | None = None
    """The append-only audit log."""
    opened_per_hour: Annotated[int, msgspec.Meta(ge=0)] = 500
    """Most addresses that may be opened in an hour, all people together: a list of hits must not become a directory."""

    daily_capacity: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Hits that people can review in a day. When more wait, crawling of new pages slows down; reports never do."""

    def secret_file(self, state: Path) -> Path:
        """Where the secret key is."""
        return self.secret_key_file or state / "keys" / "desk.secret"

    def audit(self, state: Path) -> Path:
        """Where the audit log is."""
        return self.audit_file or state / "audit.jsonl"
