"""What a file or a page says of itself and of the pages after it, told while its rows are read."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Reading:
    """Given to an importer, which fills it in; the values are final once the last row was taken."""

    complete: bool = False
    """The document was read to its end and is whole. What is missing from an incomplete one was not taken back."""
    next_page: str | None = None
    """Where the next page is: a path with query (NCMEC), a token (`nextPageToken`) or an address (ThreatExchange).
    It is the server's word: whoever follows it checks that it leads to the same host."""
    more: bool = False
    """The file says that it goes on elsewhere."""
    newest: datetime | None = None
    """The newest change that the file tells of: where the next fetch may begin, but only when no page is missing."""

    def told(self, time: datetime) -> None:
        """Take a time that the file names."""
        if self.newest is None or time > self.newest:
            self.newest = time
