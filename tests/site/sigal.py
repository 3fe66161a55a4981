"""Galleries by sigal, a generator on PyPI: one whose pages are a script and its data, one with a page a picture."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Literal

from tests.services import cache

_LOCK = Path(__file__).parent / "sigal.lock"

Theme = Literal["galleria", "colorbox", "photoswipe"]


def installed() -> Path:
    """The Python of an environment of sigal's own, with exactly the versions of its lock file."""
    name = (
        f"sigal-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]}-{sys.version_info.major}.{sys.version_info.minor}"
    )

    def fill(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(_LOCK)])

    return cache.folder(name, fill) / "bin" / "python"


def generate(photographs: Path, site: Path, theme: Theme, **settings: object) -> None:
    """Make a site of a folder of photographs. `settings`: those of sigal's configuration file, besides the theme."""
    configuration = site.parent / f"{site.name}.conf.py"
    every = {"theme": theme, "keep_orig": True, "use_orig": False, **settings}
    configuration.write_text("".join(f"{name} = {value!r}\n" for name, value in every.items()), encoding="utf-8")
    # As a module: the scripts of an environment that was moved to its place do not run.
    arguments = ["build", "--quiet", "--ncpu", "1", "--config", str(configuration), str(photographs), str(site)]
    _run([str(installed()), "-m", "sigal", *arguments])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"`{' '.join(command[:4])}` failed; is the network there?\n{said}")
