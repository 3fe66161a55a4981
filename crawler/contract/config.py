"""One TOML file configures every process; each reads its own tables only. Sites stand beside it, in a file each.

A house describes its table as a `Table` struct and asks for it by name. Unknown tables and keys are fatal, with
their place. `ZOEKLICHT_SECTION__KEY` in the environment overrides a key (JSON, else taken as a string).
Paths are relative to the file. Secrets stand in files of their own, named by `*_file` keys.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crawler.contract.errors import ConfigError

TABLES = frozenset(
    {
        "browser",
        "crawl",
        "desk",
        "frontier",
        "hashing",
        "hits",
        "keys",
        "known",
        "matching",
        "scope",
        "seen",
        "transport",
    }
)
"""Every table the file may have. `state` and `profiles` stand beside them: two folders."""

_FOLDERS = frozenset({"state", "profiles"})

_PREFIX = "ZOEKLICHT_"


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every configuration table: frozen, and strict about keys it does not know."""


T = TypeVar("T", bound=Table)
S = TypeVar("S", bound=msgspec.Struct)


class Configuration:
    """A configuration that has been read but not yet taken apart."""

    def __init__(self, document: Mapping[str, Any], base: Path, origin: str) -> None:
        # Any: TOML's own values, typed when a table is asked for.
        self._document = document
        self._base = base
        self._origin = origin
        if "sites" in document:
            raise ConfigError(
                f"{origin}: sites do not stand in here any more. Move each [[sites]] table into a file of its own, "
                f"{self.profiles}/NAME.toml, without its header. sites.example/ shows how."
            )
        unknown = set(document) - TABLES - _FOLDERS
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ConfigError(f"{origin}: unknown table {names}. Known tables: {', '.join(sorted(TABLES))}.")

    @property
    def state(self) -> Path:
        """The folder of everything embedded. Not created here."""
        return self._folder("state", "state")

    @property
    def profiles(self) -> Path:
        """The folder of the site profiles: one TOML file a site."""
        return self._folder("profiles", "sites")

    def _folder(self, key: str, default: str) -> Path:
        value = self._document.get(key, default)
        if not isinstance(value, str):
            raise ConfigError(f"{self._origin}: `{key}` must be the path of a folder.")
        return self._base / value

    def table(self, name: str, shape: type[T]) -> T:
        """The named table as `shape`; a missing one is empty. Raises `ConfigError` naming key and remedy."""
        place = f"{self._origin}: [{name}]"
        return converted(self._document.get(name, {}), shape, self._base, place, see="zoeklicht.example.toml")


def converted(value: object, shape: type[S], base: Path, place: str, *, see: str) -> S:
    """TOML's values as `shape`, paths relative to `base`. Raises `ConfigError` that names place, key and example."""

    def hook(kind: type, found: object) -> object:
        # Asked for paths alone: configuration has no other type that msgspec does not know.
        if kind is not Path or not isinstance(found, str):
            raise ValueError("Expected the path of a file or folder, in quotes")
        return base / found

    try:
        return msgspec.convert(value, shape, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: {error}. See {see}.") from None


def read(path: Path, environ: Mapping[str, str]) -> Configuration:
    """Read a configuration file and lay the environment's overrides over it.

    Raises `ConfigError` when the file is missing, no TOML, or has a table that is not known.
    """
    document = toml_of(path, missing="Copy zoeklicht.example.toml there and adapt it.")
    return from_mapping(document, base=path.parent.resolve(), origin=str(path), environ=environ)


def toml_of(path: Path, *, missing: str) -> dict[str, Any]:
    """What a TOML file says. Raises `ConfigError`; `missing` says what to do when there is no such file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. {missing}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is no UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__}). Check its permissions.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def from_mapping(document: Mapping[str, Any], *, base: Path, origin: str, environ: Mapping[str, str]) -> Configuration:
    """A configuration from what is already a mapping (the practice web makes one), overrides laid over it."""
    merged: dict[str, Any] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in document.items()}
    for variable, text in environ.items():
        section, separator, key = variable.removeprefix(_PREFIX).lower().partition("__")
        if not variable.startswith(_PREFIX) or not separator:
            continue
        target = merged.setdefault(section, {})
        if not isinstance(target, dict):
            raise ConfigError(f"{variable}: [{section}] is no table with keys; it cannot be overridden so.")
        try:
            target[key] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            target[key] = text
    return Configuration(merged, base, origin)


def read_secret(path: Path, what: str) -> str:
    """A secret from its file, stripped. Raises `ConfigError` when it is missing or others may read it."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{what}: {path} cannot be read ({type(error).__name__}).") from None
    if mode & 0o077:
        raise ConfigError(f"{what}: {path} may be read by others. Run: chmod 600 {path}")
    return text
