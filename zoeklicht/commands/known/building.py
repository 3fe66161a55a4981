"""`zoeklicht known build|verify`: the index that matchers map, built aside, and a look through all of it."""

import time

import click

from crawler.contract.config import Configuration
from crawler.contract.errors import CrawlerError
from matchers.known import KnownStore, KnownTable
from matchers.known.generations import (
    BuildingElsewhereError,
    build_generation,
    check_generation,
    index_folder,
    read_manifest,
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
        folder = index_folder(store.path)
        manifest = read_manifest(folder)
        if manifest is not None:
            check_generation(folder, manifest)
            if manifest.fingerprint != store.veil.fingerprint.hex():
                faults.append("the index was built with another key. Run: zoeklicht known build")
            click.echo(
                f"index: version {manifest.version}, {manifest.entries:,} hashes, {manifest.size / 2**20:,.0f} MiB"
            )
    click.echo(f"known set: version {found.version}, {found.entries:,} hashes, {found.active:,} of them count")
    for fault in faults:
        click.echo(f"wrong: {fault}")
    if faults:
        raise FaultsFoundError("The known set is not as it should be; see above.")
    click.echo("Everything is as it should be.")


def build_if_much(configuration: Configuration, store: KnownStore) -> None:
    """After a large import: build here, while somebody is watching, rather than in a matcher's background."""
    manifest = read_manifest(index_folder(store.path))
    with store.snapshot() as snapshot:
        changed = snapshot.changed_since(manifest.version if manifest else 0)
    if changed > configuration.table("known", KnownTable).overlay_entries:
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
