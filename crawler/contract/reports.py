"""A report: addresses that somebody sent to the hotline, with what is needed to see them. Never who it was."""

from typing import Annotated, Literal

import msgspec

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record

ReportSource = Literal["public", "inhope", "police", "helpline"]


class Report(Record, frozen=True, kw_only=True):
    """One report. Lives in the frontier, beside the targets that come of it."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    source: ReportSource
    received_at: UtcTime
    referrer: str | None = None
    """The page one has to come from, as the report states it."""
    cookie: str | None = None
    """A Cookie header, as the report states it."""
    user: str | None = None
    password: str | None = None
    """For HTTP basic authentication, and for archives."""
    note: Annotated[str, msgspec.Meta(max_length=2000)] | None = None

    def __repr__(self) -> str:
        return f"Report(id={self.id!r}, source={self.source!r}, rest hidden)"
