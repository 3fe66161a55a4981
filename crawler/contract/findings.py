"""What a check-up finds: `zoeklicht doctor` shows it, and each adapter adds what it knows of its server."""

from typing import Literal

from crawler.contract.struct import Record


class Finding(Record, frozen=True, kw_only=True):
    """One thing that was looked at."""

    level: Literal["ok", "warning", "failure"]
    matter: str
    text: str
    """What was seen and, unless it is well, what to do."""
