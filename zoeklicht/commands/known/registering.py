"""`zoeklicht known register|approve|refuse`: what takes two people."""

from pathlib import Path
from typing import get_args

import click

from crawler.contract.config import Configuration
from crawler.contract.records import Preparation
from matchers.known import ImportReport, ListKind, Person, Registration, checked_server, read_categories
from zoeklicht.commands.known.building import build_if_much
from zoeklicht.commands.known.telling import told_change, told_import
from zoeklicht.known_set import by_option, reason_option, recorded_store
from zoeklicht.settings_file import config_option


@click.command()
@click.argument("name")
@click.option("--source", required=True, help="The organisation the list comes from.")
@click.option("--regime", required=True, help="Under which law it is kept. Only csam is accepted here.")
@click.option("--contact", required=True, help="Whom to ask about an entry.")
@click.option(
    "--kind",
    type=click.Choice(get_args(ListKind)),
    default="provider",
    show_default=True,
    help="own: the hotline's own confirmed material. Each of its imports takes a second person.",
)
@click.option(
    "--categories",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML file with a table [categories]: what each category of the list means. There is no default.",
)
@click.option(
    "--prepared",
    type=click.Choice(("full", *get_args(Preparation))),
    default="full",
    show_default=True,
    help="What was done to a picture before its PDQ hash was made. Ask the provider.",
)
@click.option("--signing-key", help="The provider's Ed25519 public key in base64; then every import needs a signature.")
@click.option(
    "--fetched-from",
    metavar="https://HOST",
    help="The provider's server. Fetches from it need no second person each time, as files without a signature do.",
)
@click.option(
    "--expected-minimum",
    type=click.IntRange(0),
    default=0,
    help="An import that would leave fewer entries than this takes two people.",
)
@by_option
@config_option
def register(
    name: str,
    source: str,
    regime: str,
    contact: str,
    kind: ListKind,
    categories: Path | None,
    prepared: str,
    signing_key: str | None,
    fetched_from: str | None,
    expected_minimum: int,
    by: Person,
    configuration: Configuration,
) -> None:
    """Propose the list NAME. It can be imported once another person has approved it."""
    preparation: Preparation | None = next((each for each in get_args(Preparation) if each == prepared), None)
    registration = Registration(
        name=name,
        source=source,
        regime=regime,
        contact=contact,
        kind=kind,
        signing_key=signing_key,
        fetched_from=None if fetched_from is None else checked_server(fetched_from),
        prepared=preparation,
        categories=None if categories is None else read_categories(categories),
        expected_minimum=expected_minimum,
    )
    with recorded_store(configuration, by) as store:
        proposal = store.register(registration, by=by)
    if proposal is None:
        click.echo(f"{name}: the contact is changed.")
    else:
        click.echo(f"{name} waits for a second person. They read: zoeklicht known proposal {proposal}")
        click.echo(f"and then run: zoeklicht known approve {proposal}")


@click.command()
@click.argument("proposal", type=int)
@by_option
@config_option
def approve(proposal: int, by: Person, configuration: Configuration) -> None:
    """Approve what somebody else proposed, and carry it out. Read it first: zoeklicht known proposal NUMBER."""
    with recorded_store(configuration, by) as store:
        done = store.approve(proposal, by=by)
        approved = next(each for each in store.proposals() if each.number == proposal)
        if isinstance(done, ImportReport):
            click.echo(told_import(done))
        elif approved.what == "register":
            own = approved.registration is not None and approved.registration.kind == "own"
            following = "known hash FOLDER" if own else "known import FILE"
            click.echo(f"{approved.list} is registered. Next: zoeklicht {following} --list {approved.list}")
        else:
            click.echo(told_change(approved.list, done))
        build_if_much(configuration, store)


@click.command()
@click.argument("proposal", type=int)
@reason_option
@by_option
@config_option
def refuse(proposal: int, reason: str, by: Person, configuration: Configuration) -> None:
    """Refuse a proposal. What was staged for it is removed."""
    with recorded_store(configuration, by) as store:
        store.refuse(proposal, by=by, reason=reason)
        list_name = next(each.list for each in store.proposals() if each.number == proposal)
    click.echo(f"Proposal {proposal} about {list_name} is refused.")
