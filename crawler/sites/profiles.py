"""Site profiles from their folder: one TOML file a site, named like the site."""

import re
from pathlib import Path

from crawler.contract.config import converted, toml_of
from crawler.contract.errors import ConfigError
from crawler.contract.sites import SiteProfile
from crawler.sites.permits import check_time_zone

ENDING = ".toml"
_EXAMPLE = "sites.example/"


def read_profiles(folder: Path) -> tuple[SiteProfile, ...]:
    """The profiles of a folder, by name. Raises `ConfigError`: first problem told, the rest counted."""
    profiles, problems = gather_profiles(folder)
    if problems:
        more = f" {len(problems) - 1} more problems: zoeklicht sites check" if len(problems) > 1 else ""
        raise ConfigError(f"{problems[0]}{more}")
    return profiles


def gather_profiles(folder: Path) -> tuple[tuple[SiteProfile, ...], tuple[ConfigError, ...]]:
    """The profiles that can be read, and what is wrong with each of the others. Raises when there is no folder."""
    profiles, problems = [], []
    for path in profile_files(folder):
        try:
            profiles.append(read_profile(path))
        except ConfigError as error:
            problems.append(error)
    return tuple(profiles), tuple(problems)


def profile_files(folder: Path) -> tuple[Path, ...]:
    """The files that are profiles: those that end in `.toml`, hidden ones apart. Raises `ConfigError`."""
    try:
        return tuple(sorted(p for p in folder.iterdir() if p.suffix == ENDING and not p.name.startswith(".")))
    except FileNotFoundError:
        raise ConfigError(f"{folder}: no such folder. Make it, with one TOML file a site: see {_EXAMPLE}.") from None
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read ({type(error).__name__}). It must be a folder of ours.") from None


def read_profile(path: Path) -> SiteProfile:
    """One profile; its name is the file's, the paths in it are relative to the file.

    Raises `ConfigError` that names file, key and remedy.
    """
    document = toml_of(path, missing=f"See {_EXAMPLE}.")
    named = document.setdefault("name", path.stem)
    if named != path.stem:
        raise ConfigError(f"{path}: it names the site otherwise than the file. Rename one; `name` may be left out.")
    profile = converted(document, SiteProfile, path.parent.resolve(), str(path), see=_EXAMPLE)
    try:
        check_time_zone(profile)
        for rewrite in profile.full_pictures:
            re.sub(rewrite.pattern, rewrite.to, "")
    except ConfigError as error:
        raise ConfigError(f"{path}: window.time_zone: {error}") from None
    except (re.error, IndexError) as error:
        raise ConfigError(f"{path}: full_pictures: `to` names a group that its pattern lacks ({error}).") from None
    return profile
