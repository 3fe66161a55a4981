"""`zoeklicht known build|verify`: the index that matchers map, built aside, and a look through all of it."""

import time

import click

from crawler.contract.config import Configuration
from crawler.contract.errors import CrawlerError
from matchers.known import KnownStore, KnownTable
from matchers.known.generations import (
    BuildingElsewhereError,
    DamagedGenerationError,
    build_generation,
    index_folder,
    index_status,
    verify_index,
)
from zoeklicht.known_set import known_store
from zoeklicht.settings_file import config_option


class FaultsFoundError(CrawlerError):
    """The known set or its index is not as it should be. What is wrong was printed before."""


@click.command()
@config_option
def build(configuration: Configuration) -> None:
    """Build the index of the known set anew, now. Matchers do so by themselves when enough has changed."""
    with known_store(configuration) as store:
        _build(store)


@click.command()
@config_option
def verify(configuration: Configuration) -> None:
    """Look through the known set and its index, byte by byte. Exit code 1 when anything is wrong."""
    with known_store(configuration) as store:
        found = store.verify()
        faults = list(found.faults)
        try:
            looked_up = verify_index(store, index_folder(store.path))
            click.echo(f"index: {looked_up:,} hashes are found in it")
        except DamagedGenerationError as error:
            faults.append(str(error))
    click.echo(f"known set: version {found.version}, {found.entries:,} hashes, {found.active:,} of them count")
    for fault in faults:
        click.echo(f"wrong: {fault}")
    if faults:
        raise FaultsFoundError("The known set is not as it should be; see above.")
    click.echo("Everything is as it should be.")


def build_if_much(configuration: Configuration, store: KnownStore) -> None:
    """After a large import: build here, while somebody is watching, rather than in a matcher's background."""
    if index_status(store, index_folder(store.path)).behind > configuration.table("known", KnownTable).overlay_entries:
        try:
            _build(store)
        except BuildingElsewhereError:
            click.echo("Its index is being built by another process already.")


def _build(store: KnownStore) -> None:
    manifest = build_generation(store, index_folder(store.path), clock=time.time)
    click.echo(
        f"index: version {manifest.version}, {manifest.entries:,} hashes, built in {manifest.build_seconds:.1f} s. "
        "Matchers take it up within seconds."
    )
