"""Why a link does not become a target."""

from crawler.contract.reasons import Reason
from crawler.contract.struct import Record


class Refusal(Record, frozen=True, kw_only=True):
    """A link that is not followed."""

    reason: Reason
    detail: str | None = None
    """More of the reason, for the listing: the rule that refused it. Never part of the address itself."""
