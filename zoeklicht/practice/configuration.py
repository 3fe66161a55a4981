"""The configuration with which the practice web is crawled."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from zoeklicht.practice.web import FORUM_HOSTS, IMAGE_HOSTS

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
        "scope": {
            "allow_networks": [
                {"network": "127.0.0.0/8", "country": "NL", "reason": "practice web on this machine"},
            ],
        },
    }


def practice_profiles(*, port: int, gap_seconds: float) -> list[dict[str, Any]]:
    """The profiles of its sites, as they would stand in files, with their names.

    `gap_seconds`: least time between two requests to one host; 0 for benchmarks.
    """
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


def write_configuration(config: Path, document: Mapping[str, Any], profiles: Iterable[Mapping[str, Any]]) -> None:
    """Write the configuration file, and beside it a folder with a profile a site; the state folder will be there, too.

    Profiles that were there before are removed.
    """
    folder = config.parent / PROFILES_FOLDER
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.toml"):
        old.unlink()
    for profile in profiles:
        (folder / f"{profile['name']}.toml").write_text(tomli_w.dumps(profile), encoding="utf-8")
    text = tomli_w.dumps({"state": "state", "profiles": PROFILES_FOLDER, **document})
    config.write_text(text, encoding="utf-8")
