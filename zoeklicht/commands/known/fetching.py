"""`zoeklicht known fetch`: lists that their providers serve by HTTPS."""

import signal
import threading
import time
from collections.abc import Iterable
from functools import partial

import click

from crawler.contract.config import Configuration
from crawler.contract.errors import ConfigError
from matchers.known import KnownStore, KnownTable, Person
from matchers.known.remote import (
    Fetched,
    FetchFailed,
    fetch_due,
    fetch_list,
    open_held_pages,
    remote_list,
    server_of,
)
from zoeklicht.commands.known.building import build_if_much
from zoeklicht.commands.known.telling import told_import
from zoeklicht.known_set import by_option, copy_deeds, digest_key_of, recorded_store, veil_key_of
from zoeklicht.settings_file import config_option

_EVERY = 20.0


@click.command()
@click.argument("list_name", metavar="[LIST]", required=False)
@click.option("--afresh", is_flag=True, help="Forget how far the LIST has come and fetch all of it.")
@click.option("--keep-going", is_flag=True, help="Until Ctrl-C: fetch each list whenever its turn comes.")
@by_option
@config_option
def fetch(list_name: str | None, afresh: bool, keep_going: bool, by: Person, configuration: Configuration) -> None:
    """Fetch what is new on LIST, or on every list of [known.remote] whose turn has come, and import it.

    Interrupted, it goes on behind the last page. What takes two people waits for the second one.
    """
    tables = configuration.table("known", KnownTable).remote
    if list_name is not None and list_name not in tables:
        raise ConfigError(f"There is no [known.remote.{list_name}] in the configuration.")
    if (afresh or keep_going) and (list_name is None) == afresh:
        raise click.UsageError("--afresh needs a LIST; --keep-going is for all of them.")
    opens = partial(remote_list, digest_key=digest_key_of(configuration), clock=time.time)
    with recorded_store(configuration, by) as store:
        held = open_held_pages(store.path, time.time, veil_key_of(configuration))
        try:
            if list_name is not None:
                with opens(list_name, tables[list_name]) as remote:
                    server = server_of(list_name, tables[list_name])
                    ended = fetch_list(remote, store, held, list_name, by=by, server=server, afresh=afresh)
                _tell(configuration, store, [ended])
                return
            due = partial(fetch_due, tables, opens, store, held, by=by, clock=time.time)
            _tell(configuration, store, due())
            if keep_going:
                _keep_going(configuration, store, due)
        finally:
            held.close()


def _keep_going(
    configuration: Configuration,
    store: KnownStore,
    due: "partial[tuple[Fetched | FetchFailed, ...]]",
) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    before: dict[str, Fetched | FetchFailed] = {}
    while not stop.wait(_EVERY):
        ended = due()
        # What waits for a person is due at every look, and is news only once.
        _tell(configuration, store, [each for each in ended if before.get(each.list) != each])
        before = {each.list: each for each in ended}


def _tell(configuration: Configuration, store: KnownStore, ended: Iterable[Fetched | FetchFailed]) -> None:
    for each in ended:
        if isinstance(each, FetchFailed):
            click.echo(f"{each.list}: {each.trouble}", err=True)
            continue
        if each.report is not None:
            click.echo(told_import(each.report))
        elif each.outcome == "nothing_new":
            click.echo(f"{each.list}: nothing new.")
        else:
            click.echo(f"{each.list}: {each.outcome}. See: zoeklicht known status")
        build_if_much(configuration, store)
    copy_deeds(configuration, store)
