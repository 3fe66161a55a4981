"""The `[hashing]` table."""

import os
from typing import Annotated

import msgspec

from crawler.contract.config import Table
from crawler.hashing.looks import Limits


def _spare_cores() -> int:
    return max(1, len(os.sched_getaffinity(0)) - 1)


class HashingTable(Table, frozen=True, kw_only=True):
    """How pictures are hashed: in processes beside the crawler, which can be limited and killed."""

    workers: Annotated[int, msgspec.Meta(ge=1, le=1024)] = msgspec.field(default_factory=_spare_cores)
    """Hashing processes. By default one for each core but one, which is the crawler's."""
    memory_mb: Annotated[int, msgspec.Meta(ge=512)] = 1536
    """Address space of each process in MB (RLIMIT_AS). A picture that needs more is counted as `decode_memory`."""
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    """Longest time for one picture; then the process is killed and the picture counted as `decode_timeout`."""
    max_pixels: Annotated[int, msgspec.Meta(ge=1)] = 50_000_000
    """A picture of more, by its own header, is not decoded but counted as `too_many_pixels`."""
    dihedral: bool = True
    """Also hash the seven turns and flips, or else mirrored copies are not found."""
    max_queued: Annotated[int, msgspec.Meta(ge=1)] = 1024
    """Pictures that may wait in memory for a process; more are refused, since the crawler must hold back before."""

    @property
    def limits(self) -> Limits:
        """What the hashing itself needs to know."""
        return Limits(max_pixels=self.max_pixels, dihedral=self.dihedral)
