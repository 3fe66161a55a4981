"""The browser's folder: in memory, its owner's only, and cleared away by the next one when its owner was killed."""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO

from crawler.contract.errors import ConfigError

_PREFIX = "zoeklicht-browser-"
_LOCK = "lock"


class MemoryFolder:
    """A new folder, held until it is closed or its process ends."""

    def __init__(self, parent: Path) -> None:
        """Clears away what killed processes left. Raises `ConfigError` when `parent` is not in memory."""
        parent = in_memory(parent)
        for left in parent.glob(f"{_PREFIX}*"):
            _remove_if_left(left)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock: IO[bytes] = (self.path / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def in_memory(folder: Path) -> Path:
    """The folder, if it is kept in memory. Raises `ConfigError`: a browser's files must never lie on a disk."""
    real = folder.resolve()
    mounts = [line.split(" ")[1:3] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    holding = max((each for each in mounts if real.is_relative_to(each[0])), key=lambda each: len(each[0]))
    if holding[1] not in {"tmpfs", "ramfs"} or not real.is_dir():
        raise ConfigError(
            f"[browser] folder: {folder} is not a folder in memory (tmpfs). Leave it out to use /dev/shm."
        )
    return real


def _remove_if_left(folder: Path) -> None:
    """The lock tells, not a process id: containers may share the folder and not their processes."""
    try:
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # it is held, somebody else's, or just being made
