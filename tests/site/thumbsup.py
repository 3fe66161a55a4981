"""Galleries by thumbsup, a generator on npm: plain pages for a light box.

The larger pictures stand in attributes where only the light box's script looks for them.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tests.services import cache, machine

_LOCK = Path(__file__).parent / "thumbsup"

Theme = Literal["classic", "cards", "flow", "mosaic"]


def installed() -> Path:
    """The folder with thumbsup and what it depends on, exactly the versions of its lock file.

    The one part that has to be compiled (SQLite) is compiled here, for the Node that is here.
    """
    lock = hashlib.sha256((_LOCK / "package-lock.json").read_bytes()).hexdigest()
    interface = _output([machine.node(), "--print", "process.versions.modules"], cwd=_LOCK).decode().strip()

    def fill(folder: Path) -> None:
        machine.compiler()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_LOCK / name, folder)
        # Nothing that a package would fetch from anywhere but the registry.
        _output([machine.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        settings = {"npm_config_build_from_source": "true", "npm_config_nodedir": str(machine.node_home())}
        _output([machine.npm(), "rebuild", "better-sqlite3"], cwd=folder, **settings)

    return cache.folder(f"thumbsup-{lock[:12]}-node-{interface}", fill)


def generate(photographs: Path, site: Path, theme: Theme, *options: str) -> None:
    """Make a site of a folder of photographs, three to a page."""
    machine.graphicsmagick()
    machine.exiftool()
    program = installed() / "node_modules" / ".bin" / "thumbsup"
    arguments: Sequence[str] = (
        *("--input", str(photographs), "--output", str(site), "--theme", theme),
        *("--album-page-size", "3", "--log", "info", "--concurrency", "1", *options),
    )
    _output([str(program), *arguments], cwd=site.parent)


def _output(command: list[str], *, cwd: Path, **environment: str) -> bytes:
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")[-3000:]
        raise RuntimeError(f"`{Path(command[0]).name} {command[1]}` failed; is the network there?\n{said}")
    return done.stdout
