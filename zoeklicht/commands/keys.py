"""`zoeklicht keys`: the keys that seal addresses."""

import click

from crawler.contract.config import Configuration
from crawler.sealing import KeysTable
from desk.configuration import DeskTable
from desk.keys import create_keys, create_veil_key
from zoeklicht.settings_file import config_option, make_state

_VEIL = "transforms the known set at rest; for every matcher, keep a copy in a safe"


@click.group()
def keys() -> None:
    """Make the keys that seal addresses for the desk."""


@keys.command()
@config_option
def create(configuration: Configuration) -> None:
    """Make the desk's key pair and the digest key, where the configuration says they are.

    The secret key belongs on the desk's machine only, and in a safe; crawlers need the public key and the digest key.
    """
    make_state(configuration)
    made = create_configured_keys(configuration)
    for path, purpose in made:
        click.echo(f"{path}: {purpose}")


@keys.command()
@config_option
def veil(configuration: Configuration) -> None:
    """Make the key of the known set at rest alone, on a machine that has the others already."""
    make_state(configuration)
    path = configuration.table("keys", KeysTable).veil_file(configuration.state)
    create_veil_key(path)
    click.echo(f"{path}: {_VEIL}")


def create_configured_keys(configuration: Configuration) -> list[tuple[str, str]]:
    """Make the keys; returns where each is and what for. Raises `KeyFileError` rather than overwrite any."""
    state = configuration.state
    table = configuration.table("keys", KeysTable)
    secret = configuration.table("desk", DeskTable).secret_file(state)
    public, digest, veil = table.public_file(state), table.digest_file(state), table.veil_file(state)
    create_keys(secret=secret, public=public, digest=digest, veil=veil)
    return [
        (str(secret), "opens addresses; the desk's alone, keep a copy in a safe"),
        (str(public), "seals addresses; for every crawler"),
        (str(digest), "makes keyed digests; for every crawler and matcher, the same one"),
        (str(veil), _VEIL),
    ]
