"""How far matching again has come, in numbers."""

from crawler.contract.struct import Record


class RematchProgress(Record, frozen=True, kw_only=True):
    """Of one run; told after each stretch, once its hits are stored."""

    pictures: int = 0
    """Seen pictures that were matched again."""
    of: int = 0
    """How many of them there were when it began. More may come, and days may be forgotten, meanwhile."""
    found: int = 0
    """How often a picture among them had a match. What had been found before is found again, as the same hit."""
    version: int = 0
    """Of the known set, up to which they are matched now."""
    stopped: bool = False
    """It was told to stop before all was done; the next run goes on there."""
