"""What tells a file from any other: its size and the checksum of all its bytes."""

import hashlib
from pathlib import Path
from typing import Final

from matchers.known.generations.manifest import FileMark

_BYTES: Final = 32


def file_mark(path: Path) -> FileMark:
    """Of a whole file, read with a bounded buffer. Raises `OSError`."""
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_BYTES))
        return FileMark(size=file.tell(), checksum=checksum.hexdigest())
