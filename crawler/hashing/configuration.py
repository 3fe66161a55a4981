"""The `[hashing]` table."""

import os
from typing import Annotated

import msgspec

from crawler.contract.config import Table
from crawler.contract.records import Preparation
from crawler.hashing.looks import Limits
from crawler.unpacking import UnpackLimits

_MB = 2**20


def _spare_cores() -> int:
    return max(1, len(os.sched_getaffinity(0)) - 1)


class HashingTable(Table, frozen=True, kw_only=True):
    """How pictures are hashed: in processes beside the crawler, which can be limited and killed."""

    workers: Annotated[int, msgspec.Meta(ge=1, le=1024)] = msgspec.field(default_factory=_spare_cores)
    """Hashing processes. By default one for each core but one, which is the crawler's."""
    memory_mb: Annotated[int, msgspec.Meta(ge=512)] = 1536
    """Address space of each process in MB (RLIMIT_AS). A picture that needs more is counted as `decode_memory`."""
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    """Longest time for one picture; then the process is killed and the picture counted as `decode_timeout`.

    Of an animation's further frames, as many are hashed as there is time for in half of it.
    """
    max_pixels: Annotated[int, msgspec.Meta(ge=1)] = 50_000_000
    """A picture of more, by its own header, is not decoded but counted as `too_many_pixels`."""
    dihedral: bool = True
    """Also hash the seven turns and flips, or else mirrored copies are not found."""
    preparations: Annotated[tuple[Preparation, ...], msgspec.Meta(max_length=2)] = ()
    """How lists' pictures were made smaller before PDQ, which `zoeklicht known show` tells: ["reduced_512",
    "squeezed_512"], or one of them. Each is hashed besides full resolution, or else fewer copies are found."""
    frames: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    """Of an animation so many frames are hashed, evenly from the first to the last."""
    max_queued: Annotated[int, msgspec.Meta(ge=1)] = 1024
    """Pictures that may wait in memory for a process; more are refused, since the crawler must hold back before."""
    archive_files: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    """Files in one archive, those in archives within it included; further ones are not read (`archive_too_many`)."""
    archive_mb: Annotated[int, msgspec.Meta(ge=1)] = 2048
    """MB unpacked out of one archive; then it is not read any further (`archive_too_large`)."""
    archive_file_mb: Annotated[int, msgspec.Meta(ge=1)] = 64
    """MB of one picture or inner archive, unpacked; a larger one is left out (`archive_too_large`)."""
    archive_ratio: Annotated[int, msgspec.Meta(ge=1)] = 100
    """Unpacked bytes for each packed one, judged once more than `archive_file_mb` were unpacked (`archive_ratio`)."""
    archive_depth: Annotated[int, msgspec.Meta(ge=0)] = 3
    """Archives within archives; deeper ones are not opened (`archive_too_deep`)."""
    archive_seconds: Annotated[float, msgspec.Meta(gt=0)] = 300.0
    """Longest time for one archive with all its pictures (`decode_timeout`). Keep it below `max_lease_age_seconds`."""

    @property
    def limits(self) -> Limits:
        """What the hashing itself needs to know."""
        return Limits(
            max_pixels=self.max_pixels,
            dihedral=self.dihedral,
            preparations=tuple(dict.fromkeys(self.preparations)),
            frames=self.frames,
            frame_seconds=self.seconds / 2,
        )

    @property
    def unpack_limits(self) -> UnpackLimits:
        """What unpacking needs to know."""
        return UnpackLimits(
            files=self.archive_files,
            total_bytes=self.archive_mb * _MB,
            file_bytes=self.archive_file_mb * _MB,
            ratio=self.archive_ratio,
            depth=self.archive_depth,
        )
