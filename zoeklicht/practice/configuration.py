"""The configuration with which the practice web is crawled."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from crawler.contract.mandates import Means
from zoeklicht.practice.features import BASIC, Feature
from zoeklicht.practice.places import FORUM_HOSTS, IMAGE_HOSTS
from zoeklicht.practice.registry import sites_of

# Any, all through: the values are TOML's.

LIST_NAME = "practice"
"""The name under which its known list is imported."""

PROFILES_FOLDER = "sites"

OWN_MANDATE: Mapping[str, Any] = {
    "kind": "own",
    "reference": "pages made on this machine, to practise on",
    "means": ["anonymous", "referrer", "cookie", "account"],
    "expires": date(2099, 12, 31),
    "approved_by": ["practice run", "its operator"],
}
"""The mandate on which one crawls what one serves oneself."""


def practice_document() -> dict[str, Any]:
    """The tables that the practice web needs, as they would stand in the configuration file."""
    return {
        # Each host here has an address of its own, and a pace of its own.
        "frontier": {"address_gap_seconds": 0},
        # One person plays both that it takes to import a list.
        "known": {"one_account": True},
        "scope": {
            "allow_networks": [
                {"network": "127.0.0.0/8", "country": "NL", "reason": "practice web on this machine"},
            ],
        },
    }


def own_mandate(means: Sequence[Means]) -> dict[str, Any]:
    """The same, for no more than these means."""
    return {**OWN_MANDATE, "means": list(means)}


def practice_profiles(*, port: int, gap_seconds: float, features: Collection[Feature] = BASIC) -> list[dict[str, Any]]:
    """The profiles of its sites, as they would stand in files, with their names.

    `gap_seconds`: least time between two requests to one host; 0 for benchmarks. Each mandate permits the means that
    the profile takes and no other. The files that they name hold what `practice_secrets` says.
    """
    return [
        *_basic_profiles(port, gap_seconds),
        *(
            {**profile.toml, "mandate": own_mandate(profile.means), "gap_seconds": gap_seconds}
            for site in sites_of(features)
            for profile in site.profiles(port)
        ),
    ]


def practice_secrets(features: Collection[Feature]) -> dict[str, str]:
    """The contents of the files with users and passwords that the profiles of these features name, by file name."""
    return {name: content for site in sites_of(features) for name, content in site.secrets.items()}


def _basic_profiles(port: int, gap_seconds: float) -> list[dict[str, Any]]:
    return [
        {
            "name": "practice-image-host",
            "type": "image_host",
            "hosts": list(IMAGE_HOSTS),
            "seeds": [f"http://{IMAGE_HOSTS[0]}:{port}/"],
            "mandate": OWN_MANDATE,
            "gap_seconds": gap_seconds,
        },
        {
            "name": "practice-forum",
            "type": "forum",
            "hosts": list(FORUM_HOSTS),
            "seeds": [f"http://{FORUM_HOSTS[0]}:{port}/"],
            "mandate": OWN_MANDATE,
            "gap_seconds": gap_seconds,
        },
    ]


def write_configuration(
    config: Path,
    document: Mapping[str, Any],
    profiles: Iterable[Mapping[str, Any]],
    secrets: Mapping[str, str] | None = None,
) -> None:
    """Write the configuration file, and beside it a folder with a profile a site; the state folder will be there, too.

    Profiles that were there before are removed. `secrets`: contents of files beside the profiles, by name, for their
    owner only.
    """
    folder = config.parent / PROFILES_FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.toml"):
        old.unlink()
    for profile in profiles:
        (folder / f"{profile['name']}.toml").write_text(tomli_w.dumps(profile), encoding="utf-8")
    for name, content in (secrets or {}).items():
        secret = folder / name
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(content, encoding="utf-8")
    text = tomli_w.dumps({"state": "state", "profiles": PROFILES_FOLDER, **document})
    config.write_text(text, encoding="utf-8")
