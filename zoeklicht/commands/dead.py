"""`zoeklicht dead`: what could not be read, and trying it again."""

import json
from pathlib import Path

import click

from crawler.contract.config import Configuration
from crawler.contract.records import IMAGES_SEEN
from crawler.contract.transport import DeadLetters
from crawler.transport import TransportTable, open_dead_letters
from zoeklicht.settings_file import config_option, make_state


def _open(configuration: Configuration) -> DeadLetters:
    state: Path = make_state(configuration)
    return open_dead_letters(configuration.table("transport", TransportTable), state, IMAGES_SEEN)


@click.group()
def dead() -> None:
    """List and replay dead letters: messages that could not be read."""


@dead.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_option
def list_letters(as_json: bool, configuration: Configuration) -> None:
    """Show each letter's id, when it was put aside, why, and its size. Never its content."""
    letters = _open(configuration)
    try:
        count = 0
        for letter in letters.letters():
            count += 1
            row = {"id": letter.id, "at": letter.at.isoformat(), "reason": letter.reason, "bytes": len(letter.value)}
            click.echo(json.dumps(row) if as_json else "{id}  {at}  {bytes} bytes  {reason}".format(**row))
        if not as_json:
            click.echo(f"{count} dead letters")
    finally:
        letters.close()


@dead.command()
@click.argument("ids", nargs=-1)
@config_option
def replay(ids: tuple[str, ...], configuration: Configuration) -> None:
    """Send letters to their topic again: those named by IDS, or all of them.

    Worth it once the reason is mended. A letter that still cannot be read comes back as a new one.
    """
    letters = _open(configuration)
    try:
        click.echo(f"{letters.replay(ids or None)} replayed")
    finally:
        letters.close()
