"""What the pool and its processes have agreed on, besides frames."""

from crawler.contract.struct import Record
from crawler.hashing.looks import Limits
from crawler.unpacking import UnpackLimits

READY = b"ready"
"""The first frame a worker sends: it has imported what it needs and put its limits on."""
OUT_OF_MEMORY = 77
"""The exit code of a worker that had no room even for the picture's bytes."""


class Orders(Record, frozen=True, kw_only=True):
    """What a worker is told at its start, as JSON in its only argument."""

    memory_mb: int
    seconds: float
    limits: Limits
    unpack_limits: UnpackLimits
