"""The port to a list that its provider serves by HTTP, page after page."""

from collections.abc import Iterator
from typing import Protocol

from crawler.contract.struct import Record
from matchers.known.rows import Row


class Page(Record, frozen=True, kw_only=True):
    """One answer of the provider. Its repr hides the rows and the cursor."""

    rows: tuple[Row, ...]
    """In the provider's order, later ones taking the place of earlier ones. May be empty."""
    cursor: str
    """From where to go on once these rows, and those of all pages before, are safely kept."""
    last: bool
    """Nothing more is there for now."""

    def __repr__(self) -> str:
        return f"Page({len(self.rows)} rows{', last' if self.last else ''})"


class RemoteList(Protocol):
    """What one provider's way of paging must offer."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """All pages after `cursor`, up to one that is the last; None begins with everything there is.

        A cursor of any page may be given at any later time: nothing after it is left out, though some of what came
        before it may come again. The iterator asks for a page when it is asked for one. Raises
        `RemoteUnavailableError` when another try later may help, else `RemoteRefusedError`.
        """
        ...
