"""The mandate on which a site is crawled: without one, or beyond what it permits, nothing of the site is fetched."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from crawler.contract.struct import Record

Means = Literal["anonymous", "referrer", "cookie", "account"]
"""How a site may be entered: as anybody; saying which page one comes from; with a cookie set for us; logged in."""

Approver = Annotated[str, msgspec.Meta(min_length=2, max_length=100)]


class Mandate(Record, frozen=True, kw_only=True):
    """Who allows this crawl, by which document, how far, until when."""

    kind: Literal["statutory_task", "public_prosecutor", "court_order", "police_request", "agreement_with_site", "own"]
    """What sort of document it is; `own`: the site is the operator's, as the practice web is."""
    reference: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]
    """Where the document can be found again."""
    means: Annotated[tuple[Means, ...], msgspec.Meta(min_length=1)]
    expires: date
    """The last day on which it holds, in the site's own time zone."""
    approved_by: Annotated[tuple[Approver, ...], msgspec.Meta(min_length=2, max_length=10)]
    """Two people at least, by name or staff number."""

    def __post_init__(self) -> None:
        """Refuse one person under two spellings of capitals or spaces."""
        if len({" ".join(name.split()).casefold() for name in self.approved_by}) < len(self.approved_by):
            raise ValueError("approved_by names one person twice; a mandate needs two people")
