"""`zoeklicht known`: the lists of known hashes."""

import click

from zoeklicht.commands.known.building import build, verify
from zoeklicht.commands.known.fetching import fetch
from zoeklicht.commands.known.hashing import hash_folder
from zoeklicht.commands.known.importing import import_file, quarantine
from zoeklicht.commands.known.looking import deeds, disagreements, export, list_lists, show, status
from zoeklicht.commands.known.proposals import proposal
from zoeklicht.commands.known.registering import approve, refuse, register
from zoeklicht.commands.known.standing import disable, enable, release, retract


@click.group()
def known() -> None:
    """The lists of known hashes: register, import, look at, switch off, take back.

    A list is registered before anything of it is imported, and a second person approves it. Nothing here prints a
    hash unless it is asked to, and everything that changes the set is audited.
    """


for command in (
    *(register, proposal, approve, refuse, import_file, quarantine, fetch, hash_folder),
    *(list_lists, status, show, disagreements, export, deeds),
    *(disable, enable, release, retract, build, verify),
):
    known.add_command(command)
