"""`zoeklicht known disable|enable|release|retract`: entries that are not to count, or to count again."""

import sys
from typing import get_args

import click

from crawler.contract.config import Configuration
from matchers.contract.records import Algorithm
from matchers.known import Person
from zoeklicht.commands.known.telling import told_change
from zoeklicht.known_set import by_option, reason_option, recorded_store
from zoeklicht.settings_file import config_option

_EVERY_LIST = "every list"
_list_argument = click.argument("list_name", metavar="[LIST]", required=False)
_entry_argument = click.argument("list_id", metavar="[ENTRY]", required=False)
_algorithm_option = click.option(
    "--hash",
    "algorithm",
    type=click.Choice(get_args(Algorithm)),
    help="Read one hash (hex) from standard input instead.",
)


@click.command()
@_list_argument
@_entry_argument
@_algorithm_option
@reason_option
@by_option
@config_option
def disable(
    list_name: str | None,
    list_id: str | None,
    algorithm: Algorithm | None,
    reason: str,
    by: Person,
    configuration: Configuration,
) -> None:
    """Switch off a LIST, an ENTRY of it, or a hash on whatever list it stands. Hits that rest on it are reopened."""
    with recorded_store(configuration, by) as store:
        if algorithm is not None:
            done = store.disable_hash(algorithm, _hash_from_input(list_name), by=by, reason=reason)
        else:
            done = store.disable(_named(list_name), list_id, by=by, reason=reason)
    click.echo(told_change(list_name or _EVERY_LIST, done))


@click.command()
@_list_argument
@_entry_argument
@_algorithm_option
@reason_option
@by_option
@config_option
def enable(
    list_name: str | None,
    list_id: str | None,
    algorithm: Algorithm | None,
    reason: str,
    by: Person,
    configuration: Configuration,
) -> None:
    """Switch it on again. What was seen meanwhile is matched with it."""
    with recorded_store(configuration, by) as store:
        if algorithm is not None:
            done = store.enable_hash(algorithm, _hash_from_input(list_name), by=by, reason=reason)
        else:
            done = store.enable(_named(list_name), list_id, by=by, reason=reason)
    click.echo(told_change(list_name or _EVERY_LIST, done))


@click.command()
@click.argument("list_name", metavar="LIST")
@click.argument("list_id", metavar="ENTRY")
@reason_option
@by_option
@config_option
def release(list_name: str, list_id: str, reason: str, by: Person, configuration: Configuration) -> None:
    """A person has looked at an ENTRY that flooded: its matches count, though there are many."""
    with recorded_store(configuration, by) as store:
        done = store.release(list_name, list_id, by=by, reason=reason)
    click.echo(told_change(list_name or _EVERY_LIST, done))


@click.command()
@click.argument("list_name", metavar="LIST")
@click.argument("list_ids", metavar="[ENTRY]...", nargs=-1)
@click.option("--whole-list", is_flag=True, help="All of it, for good. Takes two people.")
@reason_option
@by_option
@config_option
def retract(
    list_name: str,
    list_ids: tuple[str, ...],
    whole_list: bool,
    reason: str,
    by: Person,
    configuration: Configuration,
) -> None:
    """Take entries of a LIST back, as its provider would. Hits that rest on them alone are reopened."""
    if bool(list_ids) == whole_list:
        raise click.UsageError("Name the entries, or say --whole-list.")
    with recorded_store(configuration, by) as store:
        done = store.retract(list_name, None if whole_list else list_ids, by=by, reason=reason)
    click.echo(told_change(list_name, done))


def _named(list_name: str | None) -> str:
    if list_name is None:
        raise click.UsageError("Name a LIST, or give a hash on standard input with --hash ALGORITHM.")
    return list_name


def _hash_from_input(list_name: str | None) -> str:
    """Not an argument: those are seen by everybody on the machine."""
    if list_name is not None:
        raise click.UsageError("With --hash name no LIST: a hash is meant on whatever list it stands.")
    return sys.stdin.readline().strip().lower()
