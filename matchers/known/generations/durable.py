"""Files that only their owner may read, and that are on disk before anyone is told of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path


@contextmanager
def durable_file(path: Path, *, replacing: bool = False) -> Iterator[BufferedWriter]:
    """A file to write; it is on disk, whole, when the block has ended. Its folder is not: see `sync_folder`.

    Raises `FileExistsError` for one that is there, unless `replacing` it, and `OSError` where there is no room.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replacing else os.O_EXCL)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """What was renamed, made or removed in it is on disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
