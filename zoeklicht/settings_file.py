"""Finding and reading the configuration, the same way for every command."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from crawler.contract.config import Configuration, read

DEFAULT = Path("zoeklicht.toml")

F = TypeVar("F", bound=Callable[..., Any])


def config_option(function: F) -> F:
    """The `--config` option, handed over as a `Configuration` named `configuration`."""
    return config_path_option(function, name="configuration", callback=lambda _context, _parameter, path: load(path))


def config_path_option(function: F, *, name: str = "path", callback: Callable[..., Any] | None = None) -> F:
    """The `--config` option, handed over as a `path`: for commands that read it later, or hand it on.

    Any: what a callback makes of it, and click's own arguments of one.
    """
    return click.option(
        "--config",
        name,
        type=click.Path(path_type=Path),
        default=DEFAULT,
        show_default=True,
        envvar="ZOEKLICHT_CONFIG",
        callback=callback,
        help="The configuration file; zoeklicht.example.toml explains every key.",
    )(function)


def load(path: Path) -> Configuration:
    """The configuration at `path`, with the environment's overrides. Raises `ConfigError`."""
    return read(path, os.environ)


def make_state(configuration: Configuration) -> Path:
    """The state folder, made if it was not there, readable by its owner only."""
    configuration.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return configuration.state
