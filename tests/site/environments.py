"""Python environments in the cache folder, each with one program and exactly the versions of its lock file."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.services import cache


def environment(lock: Path, *, built: Mapping[str, Path] | None = None) -> Path:
    """The Python of the environment of a lock file, which is named after it. Installed when it is not there yet.

    `built`: packages that are published as source only, each with the lock file of what builds it. So nothing is
    fetched without its hash.
    """
    name = (
        f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
        f"-{sys.version_info.major}.{sys.version_info.minor}"
    )

    def fill(folder: Path) -> None:
        run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
        install = [*pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
        sources: list[str] = []
        for package, tools in (built or {}).items():
            run([*install, "-r", str(tools)])
            sources += ["--no-build-isolation", "--no-binary", package]
        run([*install, *sources, "-r", str(lock)])

    return cache.folder(name, fill) / "bin" / "python"


def run(command: list[str], **environment: str) -> str:
    """Run a program to its end, with further environment variables; what it printed.

    Raises `RuntimeError` with what it said when it fails.
    """
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"`{' '.join(command[:4])}` failed; is the network there?\n{said}")
    return done.stdout
