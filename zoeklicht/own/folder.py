"""What lies in a folder of confirmed material, and whether the folder is as secured as such a folder has to be."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from crawler.contract.errors import CrawlerError
from crawler.contract.struct import Record


class FolderError(CrawlerError):
    """The folder is not fit to be hashed. The text says what to change."""


class FoundFile(Record, frozen=True, kw_only=True):
    """A file, and what tells whether it is still the one that was hashed. Its repr hides the path."""

    path: Path
    relative: str
    size: int
    changed: int
    """Time of the last change in nanoseconds."""

    def __repr__(self) -> str:
        return f"FoundFile({self.size} bytes)"


def files_in(folder: Path) -> Iterator[FoundFile]:
    """Every file below `folder`, in the order of their paths.

    Raises `FolderError` when others than its owner may look into the folder, or when part of it cannot be read or is
    no file: what is overlooked here would be missing from the known set without anybody noticing. Symbolic links are
    not followed, since what they lead to lies in no secured place.
    """
    if folder.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH | stat.S_IWOTH):
        raise FolderError(
            "Everybody on this machine may look into that folder. Run: chmod o-rwx on it, then try again."
        )
    yield from _below(folder, folder)


def _below(top: Path, folder: Path) -> Iterator[FoundFile]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise FolderError(
            f"A folder in it cannot be read ({type(error).__name__}), so files would be overlooked. See to its rights."
        ) from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(top, Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            path = Path(entry.path)
            yield FoundFile(
                path=path, relative=str(path.relative_to(top)), size=status.st_size, changed=status.st_mtime_ns
            )
        else:
            raise FolderError(
                "There is a symbolic link, or something else that is no file, in it: it would be overlooked. Run: "
                "find FOLDER ! -type f ! -type d, and put the files themselves there."
            )
