"""`zoeklicht up`: the whole chain on this machine, with its progress and what came of it."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import click
from rich.console import Console

from crawler.contract.config import Configuration
from crawler.contract.errors import ConfigError, UnavailableError
from crawler.contract.frontier import Frontier
from crawler.frontier import FrontierTable, open_frontier
from crawler.sealing import KeysTable
from desk.configuration import DeskTable
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.ports import HitStore
from matchers.hits import HitsTable, open_hit_store
from matchers.known import KnownTable, Person, Registration, import_by_two
from matchers.known.importers import read_list
from zoeklicht.commands.hits import opener_of, row_of, table_of
from zoeklicht.commands.keys import create_configured_keys
from zoeklicht.known_set import digest_key_of, known_store
from zoeklicht.practice.configuration import LIST_NAME, OWN_MANDATE
from zoeklicht.practice.run import PracticeRun
from zoeklicht.progress import Progress, skipped_table
from zoeklicht.settings_file import config_path_option, load, make_state
from zoeklicht.standing import standing_of
from zoeklicht.supervisor import Role, RoleFailedError, Supervisor

_EVERY = 0.5
_SHOWN = 15
"""Hits in the table at the end; `zoeklicht hits list` has them all."""


@click.command()
@click.option("--practice", "practising", is_flag=True, help="On a harmless practice web on this machine.")
@click.option("--once", is_flag=True, help="End when everything is crawled and matched; exit code 0.")
@config_path_option
def up(practising: bool, once: bool, path: Path) -> None:
    """Run everything on this machine: crawl, match and store, until Ctrl-C.

    What dies is restarted. Embedded keys are made at the first start, in the state folder.
    """
    console = Console()
    with _stop_signals() as stop:
        if practising:
            with PracticeRun.begin(Path("state") / "practice", console) as run:
                _run(load(run.config), run.config, console, once=once, stop=stop, practice=run)
        else:
            _run(load(path), path, console, once=once, stop=stop, practice=None)


def _run(
    configuration: Configuration,
    path: Path,
    console: Console,
    *,
    once: bool,
    stop: threading.Event,
    practice: PracticeRun | None,
) -> None:
    state = make_state(configuration)
    _make_keys_once(configuration, console)
    if practice is not None:
        _import_practice_list(practice, configuration)
    frontier = open_frontier(configuration.table("frontier", FrontierTable), state)
    store = open_hit_store(configuration.table("hits", HitsTable), state)
    try:
        with Supervisor(state / "logs") as supervisor:
            console.print(f"Logs: {state / 'logs'}", soft_wrap=True)
            ends = once or practice is not None
            match = supervisor.run("match", ["match", "--config", str(path)])
            crawl = supervisor.run("crawl", ["crawl", "--config", str(path), *(["--once"] if ends else [])], ends=ends)
            others = [] if ends else list(_lasting(supervisor, configuration, path))
            with Progress(console) as progress:
                while not stop.is_set() and not (ends and crawl.ended() == 0):
                    _show(progress, frontier, store)
                    match.keep_running()
                    crawl.keep_running()
                    for other in others:
                        other.keep_running()
                    stop.wait(_EVERY)
            if not stop.is_set():
                _drain(match, supervisor, path)
            _tell(frontier, store, console)
            if practice is not None:
                _print_score(practice, configuration, store)
            console.print(f"All hits: zoeklicht hits list --config {path}", soft_wrap=True, highlight=False)
            if not once and not stop.is_set():
                console.print("Everything is crawled. Ctrl-C ends it.")
                stop.wait()
    finally:
        frontier.close()
        store.close()


def _lasting(supervisor: Supervisor, configuration: Configuration, path: Path) -> Iterator[Role]:
    """What has no end, and no use for a run that has one."""
    yield supervisor.run("schedule", ["schedule", "--config", str(path)])
    if configuration.table("known", KnownTable).remote:
        yield supervisor.run("fetch", ["known", "fetch", "--keep-going", "--config", str(path)])


def _tell(frontier: Frontier, store: HitStore, console: Console) -> None:
    """What was found, and everything that was passed over."""
    standing = standing_of(frontier, store)
    console.print(table_of([row_of(hit) for hit in islice(store.hits(), _SHOWN)], of=standing.hits))
    console.print(skipped_table(standing))
    console.print(
        f"{standing.pages:,} pages and {standing.pictures:,} pictures fetched, {standing.hits:,} hits, "
        f"{standing.pending + standing.leased:,} still to do."
    )


def _drain(match: Role, supervisor: Supervisor, path: Path) -> None:
    """Everything is published: let the matcher finish what there is."""
    match.stop()
    drain = supervisor.run("match", ["match", "--once", "--config", str(path)], ends=True)
    while (code := drain.ended()) is None:
        time.sleep(_EVERY / 5)
    if code != 0:
        raise RoleFailedError(f"match could not finish: {drain.last_words()}")


def _import_practice_list(practice: PracticeRun, configuration: Configuration) -> None:
    """What two people do with a list: one registers and imports it, another approves both."""
    registration = Registration(
        name=LIST_NAME,
        source="the practice web on this machine",
        regime="csam",
        contact="nobody: it is made anew for every run",
        categories={"practice": "illegal"},
    )
    first, second = (Person(name=name, account="practice") for name in OWN_MANDATE["approved_by"])
    with known_store(configuration) as store, practice.known_file.open("rb") as file:
        rows = read_list(file, list_name=LIST_NAME, digest_key=digest_key_of(configuration))
        import_by_two(store, registration, rows, file=practice.known_file.name, first=first, second=second)


def _print_score(practice: PracticeRun, configuration: Configuration, store: HitStore) -> None:
    opener = opener_of(configuration, configuration.state)
    opened = (opener.open(each.hit.id, each.hit.sealed_address, reason="practice score") for each in store.hits())
    practice.print_score(practice.score((address.url, address.path_inside) for address in opened))


def _show(progress: Progress, frontier: Frontier, store: HitStore) -> None:
    try:
        progress.show(standing_of(frontier, store))
    except (UnavailableError, StoreUnavailableError):
        return  # the roles wait for it, too, and say so in their logs; the next look may succeed


def _make_keys_once(configuration: Configuration, console: Console) -> None:
    """Make the keys where none is there yet. Keys that are there only in part are somebody's mistake to mend."""
    state = configuration.state
    table = configuration.table("keys", KeysTable)
    secret = configuration.table("desk", DeskTable).secret_file(state)
    shared = (table.public_file(state), table.digest_file(state), table.veil_file(state))
    if all(path.exists() for path in shared):
        return
    if any(path.exists() for path in (secret, *shared)):
        raise ConfigError("Some keys are there and some are not. Restore those that are missing from your copy.")
    create_configured_keys(configuration)
    console.print(
        f"Made the keys in {secret.parent}: whoever can read that folder can open the addresses of hits.",
        soft_wrap=True,
    )


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
