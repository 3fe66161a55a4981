"""Counts what comes out of an archive, and of those within it, and ends it at the limits."""

from collections.abc import Callable

from crawler.contract.reasons import Reason
from crawler.contract.struct import Record
from crawler.unpacking.errors import LimitError


class UnpackLimits(Record, frozen=True, kw_only=True):
    """How much may come out of one archive, those inside of it included."""

    files: int
    total_bytes: int
    file_bytes: int
    """Of one picture or inner archive, which are held in memory; others are looked at as they pass."""
    ratio: int
    """Unpacked bytes for each packed one, judged once more than `file_bytes` were unpacked."""
    depth: int
    """Archives within archives: 1 is one within the outermost."""


class Meter:
    """One for an outermost archive."""

    def __init__(self, limits: UnpackLimits, *, packed: int, going: Callable[[], None] = lambda: None) -> None:
        """`packed`: size of the outermost archive. `going` is called often while it gets on."""
        self.limits = limits
        self._packed = max(1, packed)
        self._going = going
        self._files = 0
        self._unpacked = 0

    def file(self) -> None:
        """One more file. Raises `LimitError`."""
        self._going()
        self._files += 1
        if self._files > self.limits.files:
            raise LimitError(Reason.ARCHIVE_TOO_MANY)

    def unpacked(self, size: int) -> None:
        """So many more bytes. Raises `LimitError`."""
        self._going()
        self._unpacked += size
        if self._unpacked > self.limits.file_bytes and self._unpacked > self.limits.ratio * self._packed:
            raise LimitError(Reason.ARCHIVE_RATIO)
        if self._unpacked > self.limits.total_bytes:
            raise LimitError(Reason.ARCHIVE_TOO_LARGE)
