"""Archives read from memory, file by file, without a temporary file or another program. Run it in a process of its own.

The door: what kind of archive bytes are, and `unpack`, which hands their files to a `Visitor`.
"""

from crawler.unpacking.errors import ArchiveError, LimitError
from crawler.unpacking.kinds import ArchiveKind, kind_of
from crawler.unpacking.libarchive import is_available
from crawler.unpacking.meter import Meter, UnpackLimits
from crawler.unpacking.unpack import unpack
from crawler.unpacking.visitor import Visitor

__all__ = [
    "ArchiveError",
    "ArchiveKind",
    "LimitError",
    "Meter",
    "UnpackLimits",
    "Visitor",
    "is_available",
    "kind_of",
    "unpack",
]
