"""The folder beside the known set that files on their way in are staged in: who holds what, and what may go."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROWS_FILE: Final = "rows.sqlite"


class StagingArea:
    """The folder beside the store that staged files lie in."""

    def __init__(self, store: Path) -> None:
        self._folder = store.with_name(store.name + "-staging")

    @contextmanager
    def opened(self, *, wanted: Callable[[str], bool]) -> Iterator[Path]:
        """A new folder, locked while this is entered: no other import clears it away. Not removed at the end.

        Clears away what killed imports left: what nobody holds and what is not `wanted`, by its name.
        """
        with self._locked(self._folder):
            for each in list(self._folder.iterdir()):
                _clear(each, wanted)
            made = self._folder / secrets.token_hex(8)
            made.mkdir(mode=0o700)
            lock = _lock(made)
        try:
            yield made
        finally:
            os.close(lock)

    def rows(self, name: str) -> Path:
        """The file of rows in the folder of that name."""
        return self._folder / name / ROWS_FILE

    def remove(self, name: str) -> None:
        """Forget what is staged under that name, if it is there."""
        shutil.rmtree(self._folder / name, ignore_errors=True)

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            yield
        finally:
            os.close(lock)


def _lock(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _clear(folder: Path, wanted: Callable[[str], bool]) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return  # whoever was done with it has removed it, or it is none of ours
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Asked only now: whoever held it has written down by now whether it is wanted.
        if not wanted(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
