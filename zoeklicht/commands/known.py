"""`zoeklicht known`: the lists of known hashes."""

import time
from pathlib import Path
from typing import get_args

import click

from crawler.contract.config import Configuration
from crawler.sealing import KeysTable, read_digest_key
from matchers.contract.records import Algorithm
from matchers.known import ImportReport, KnownStore, KnownTable, open_known_store
from matchers.known.importers import read_csv, read_lines
from zoeklicht.settings_file import config_option, make_state


@click.group()
def known() -> None:
    """Import lists of known hashes, and see what was imported."""


@known.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--list", "list_name", required=True, help="The list's name; the same name again updates it.")
@click.option("--algorithm", type=click.Choice(get_args(Algorithm)), help="For a file with one hash a line.")
@click.option(
    "--max-unreadable",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Refuse the file whole when a larger share of its rows cannot be read.",
)
@config_option
def import_file(
    file: Path, list_name: str, algorithm: Algorithm | None, max_unreadable: float, configuration: Configuration
) -> None:
    """Import FILE into a list: CSV (algorithm,hash[,category,source,list_id]), or one hash a line.

    A row that cannot be read is set aside with its line number and reason; the rest goes on. Matchers that are
    running take the new entries up within seconds.
    """
    store = _open(configuration)
    try:
        report = import_into(
            store,
            file,
            list_name=list_name,
            digest_key=digest_key_of(configuration),
            algorithm=algorithm,
            max_unreadable=max_unreadable,
        )
    finally:
        store.close()
    click.echo(
        f"list {report.list}: {report.added:,} added, {report.changed:,} changed, {report.already_there:,} there"
        f" already, {report.unreadable:,} could not be read. The known set is at version {report.version}."
    )
    if report.unreadable:
        click.echo("See which and why: zoeklicht known quarantine")


@known.command("list")
@config_option
def list_lists(configuration: Configuration) -> None:
    """Show each list with its number of entries by algorithm."""
    store = _open(configuration)
    try:
        for count in store.counts():
            entries = ", ".join(f"{number:,} {name}" for name, number in sorted(count.entries.items())) or "nothing"
            imported = count.last_import.isoformat(timespec="seconds")
            click.echo(f"{count.list}: {entries}; {count.quarantined:,} rows unreadable; last import {imported}")
        click.echo(f"The known set is at version {store.version}.")
    finally:
        store.close()


@known.command()
@click.option("--list", "list_name", help="Of this list only.")
@config_option
def quarantine(list_name: str | None, configuration: Configuration) -> None:
    """Show the rows that could not be read: file, line and reason, not their text."""
    store = _open(configuration)
    try:
        for row in store.quarantined(list_name):
            click.echo(f"{row.list}  {row.file}:{row.line}  {row.reason}")
    finally:
        store.close()


def import_into(
    store: KnownStore,
    file: Path,
    *,
    list_name: str,
    digest_key: bytes,
    algorithm: Algorithm | None = None,
    max_unreadable: float = 0.2,
) -> ImportReport:
    """Import one file, by its content: rows with a comma are CSV, others one hash a line."""
    with file.open("rb") as source:
        head = source.read(64 * 1024)
        source.seek(0)
        if algorithm is None and b"," in head:
            rows = read_csv(source, list_name=list_name, digest_key=digest_key)
        else:
            rows = read_lines(source, list_name=list_name, digest_key=digest_key, algorithm=algorithm)
        return store.import_rows(list_name, rows, file=file.name, most_unreadable=max_unreadable)


def digest_key_of(configuration: Configuration) -> bytes:
    """The key of keyed digests. Raises `ConfigError`."""
    return read_digest_key(configuration.table("keys", KeysTable).digest_file(configuration.state))


def _open(configuration: Configuration) -> KnownStore:
    return open_known_store(configuration.table("known", KnownTable), make_state(configuration), time.time)
