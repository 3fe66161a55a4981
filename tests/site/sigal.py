"""Galleries by sigal, a generator on PyPI: one whose pages are a script and its data, one with a page a picture."""

from pathlib import Path
from typing import Literal

from tests.site.environments import environment, run

_LOCK = Path(__file__).parent / "sigal.lock"

Theme = Literal["galleria", "colorbox", "photoswipe"]


def installed() -> Path:
    """The Python of an environment of sigal's own, with exactly the versions of its lock file."""
    return environment(_LOCK)


def generate(photographs: Path, site: Path, theme: Theme, **settings: object) -> None:
    """Make a site of a folder of photographs. `settings`: those of sigal's configuration file, besides the theme."""
    configuration = site.parent / f"{site.name}.conf.py"
    every = {"theme": theme, "keep_orig": True, "use_orig": False, **settings}
    configuration.write_text("".join(f"{name} = {value!r}\n" for name, value in every.items()), encoding="utf-8")
    # As a module: the scripts of an environment that was moved to its place do not run.
    arguments = ["build", "--quiet", "--ncpu", "1", "--config", str(configuration), str(photographs), str(site)]
    run([str(installed()), "-m", "sigal", *arguments])
