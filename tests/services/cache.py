"""Where downloaded servers are kept between runs: `.cache/` beside the project, or `$ZOEKLICHT_CACHE`."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def root() -> Path:
    """The cache folder; created when first asked for."""
    folder = Path(os.environ.get("ZOEKLICHT_CACHE") or Path(__file__).resolve().parents[2] / ".cache")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; `fill` is called to fill it when it is not there yet.

    It appears whole or not at all: it is filled under another name and renamed. Of several processes that ask at
    the same time one fills it and the others wait.
    """
    found = root() / name
    if found.is_dir():
        return found
    with (root() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.is_dir():
            partial = root() / f"{name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            fill(partial)
            partial.rename(found)
    return found
