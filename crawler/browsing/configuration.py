"""`[browser]`: the limits of what scripts may cost. Used only by sites whose profile says `browser = true`."""

from typing import Annotated

import msgspec

from crawler.contract.config import Table

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=300)]


class BrowserTable(Table, frozen=True, kw_only=True):
    """One browser a crawler process."""

    program: str = "chromium"
    """Chromium's name on PATH, or its path. Debian's is right; none is ever downloaded."""
    folder: str = "/dev/shm"  # noqa: S108  # memory by its nature, and the browser's own folder in it is made anew
    """Where the browser keeps its files while it runs: a folder in memory (tmpfs), or it is not started."""
    pages: Positive = 2
    """Shown at the same time."""
    seconds: Seconds = 30.0
    """The most that one page may take, all in all."""
    quiet_seconds: Seconds = 1.0
    """A page is done when its scripts have asked for nothing for so long."""
    requests: Positive = 200
    """The most that the scripts of one page may ask for; beyond that they get no answer."""
    bytes: Positive = 50_000_000
    """The most that comes through for one page, and that a page may grow to."""
    memory_megabytes: Positive = 512
    """Of the scripts of one page."""
