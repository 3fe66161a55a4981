"""`zoeklicht known import|quarantine`: files of hashes, and the rows of them that could not be read."""

from pathlib import Path
from typing import get_args

import click

from crawler.contract.config import Configuration
from matchers.contract.records import Algorithm
from matchers.known import ImportReport, KnownStore, Person
from matchers.known.importers import ListFormat, read_list
from zoeklicht.commands.known.building import build_if_much
from zoeklicht.commands.known.telling import told_import
from zoeklicht.known_set import by_option, digest_key_of, known_store, recorded_store
from zoeklicht.settings_file import config_option
from zoeklicht.tables import plain

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--list", "list_name", required=True, help="The registered list; the same name again updates it.")
@click.option(
    "--format", "list_format", type=click.Choice(get_args(ListFormat)), help="By default told by the file's content."
)
@click.option("--algorithm", type=click.Choice(get_args(Algorithm)), help="For a file with one hash a line.")
@click.option("--list-version", help="What the provider calls this version, where the file does not say.")
@click.option("--complete", is_flag=True, help="The file names the whole list: what it leaves out is taken back.")
@click.option("--signature", type=_FILE, help="The provider's detached Ed25519 signature, for lists with a key.")
@click.option(
    "--max-unreadable",
    type=click.FloatRange(0, 1),
    help="Refuse the file whole when a larger share of its rows cannot be read, instead of [known] most_unreadable.",
)
@by_option
@config_option
def import_file(
    file: Path,
    list_name: str,
    list_format: ListFormat | None,
    algorithm: Algorithm | None,
    list_version: str | None,
    complete: bool,
    signature: Path | None,
    max_unreadable: float | None,
    by: Person,
    configuration: Configuration,
) -> None:
    """Import FILE into a registered list: CSV, lines, VICS, ICSE, NCMEC XML or ThreatExchange JSON, also gzipped.

    A row that cannot be read is set aside with its line number and reason; the rest goes on. Matchers that are
    running take the new entries up within seconds, and match again what they saw before.
    """
    with recorded_store(configuration, by) as store:
        report = import_into(
            store,
            file,
            list_name=list_name,
            digest_key=digest_key_of(configuration),
            by=by,
            list_format=list_format,
            algorithm=algorithm,
            list_version=list_version,
            complete=complete,
            signature=signature,
            max_unreadable=max_unreadable,
        )
        click.echo(told_import(report))
        build_if_much(configuration, store)


@click.command()
@click.option("--list", "list_name", help="Of this list only.")
@config_option
def quarantine(list_name: str | None, configuration: Configuration) -> None:
    """Show the rows that could not be read: file, line and reason, not their text."""
    with known_store(configuration) as store:
        none = True
        for row in store.quarantined(list_name):
            none = False
            click.echo(plain(f"{row.list}  {row.file}:{row.line}  {row.reason}"))
    if none:
        click.echo("No row is set aside.")


def import_into(
    store: KnownStore,
    file: Path,
    *,
    list_name: str,
    digest_key: bytes,
    by: Person,
    list_format: ListFormat | None = None,
    algorithm: Algorithm | None = None,
    list_version: str | None = None,
    complete: bool = False,
    signature: Path | None = None,
    max_unreadable: float | None = None,
) -> ImportReport:
    """Import one file into a registered list. Raises `ImportRefusedError` or `NotAllowedError`."""
    with file.open("rb") as source:
        rows = read_list(source, list_name=list_name, digest_key=digest_key, format=list_format, algorithm=algorithm)
        return store.import_rows(
            list_name,
            rows,
            file=file.name,
            by=by,
            list_version=list_version,
            complete=complete,
            most_unreadable=max_unreadable,
            content=source,
            signature=None if signature is None else signature.read_bytes(),
        )
