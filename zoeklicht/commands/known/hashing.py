"""`zoeklicht known hash`: a hotline's own confirmed material becomes entries, where it lies."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crawler.contract.config import Configuration
from crawler.contract.digesting import keyed_digest
from crawler.hashing import HashingPool, HashingTable
from matchers.known import KnownStore, Person, Row
from zoeklicht.commands.known.telling import told_import
from zoeklicht.known_set import audit, by_option, digest_key_of, reason_option, recorded_store, veil_key_of
from zoeklicht.own import FileHashes, FolderError, FoundFile, Journal, files_in, hash_files, rows_of
from zoeklicht.settings_file import config_option, make_state
from zoeklicht.tables import console


@click.command("hash")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--list", "list_name", required=True, help="A list that was registered with --kind own.")
@click.option("--category", help="The category of all that is in the folder, as the list's registration maps it.")
@reason_option
@by_option
@config_option
def hash_folder(
    folder: Path, list_name: str, category: str | None, reason: str, by: Person, configuration: Configuration
) -> None:
    """Hash every file in FOLDER with every algorithm, and propose them as entries; a second person approves.

    For the hotline's own confirmed material in its own secured place: nothing is copied, shown or sent, and nothing
    but hashes leaves the folder. Interrupted, it goes on where it was.
    """
    state = make_state(configuration)
    key = digest_key_of(configuration)
    name = keyed_digest(key, "own folder", list_name, str(folder.resolve()))
    with recorded_store(configuration, by) as store:
        _check_own(store, list_name)
        files = list(files_in(folder))
        if not files:
            raise FolderError("There are no files in that folder. Is it the right one?")
        audit(configuration, by, "folder_hashing_begun", list_name, reason, {"files": len(files)})
        with Journal(state / "own" / f"{name}.journal", veil_key_of(configuration)) as journal:
            hashed = _hash(files, journal, configuration.table("hashing", HashingTable))
            rows: Iterator[Row] = (
                row for each in hashed for row in rows_of(each, list_name=list_name, digest_key=key, category=category)
            )
            report = store.import_rows(list_name, rows, file="own material", by=by, most_unreadable=0.0)
            journal.remove()
        audit(
            configuration,
            by,
            "folder_hashed",
            list_name,
            reason,
            {"files": len(files), "added": report.added, "proposal": report.proposal or 0},
        )
    click.echo(told_import(report))


def _check_own(store: KnownStore, list_name: str) -> None:
    found = next((each for each in store.counts() if each.list == list_name), None)
    if found is None or found.registration.kind != "own":
        raise FolderError(
            f"{list_name} is no list of the hotline's own. Register one: zoeklicht known register NAME --kind own"
        )


def _hash(files: list[FoundFile], journal: Journal, table: HashingTable) -> list[FileHashes]:
    """All hashes, those from before an interruption included. Raises `FolderError` for a file that cannot be read."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    pool = HashingPool(table)
    try:
        with Progress(*columns, console=console()) as progress:
            task = progress.add_task("hashed", total=len(files), completed=len(journal))
            for file, hashes in hash_files([each for each in files if journal.hashes_of(each) is None], pool):
                if hashes is None:
                    raise FolderError(
                        "A file could not be read, so the folder is not done. See to its rights; run again."
                    )
                journal.keep(file, hashes)
                progress.advance(task)
    finally:
        pool.close()
    return [hashes for each in files if (hashes := journal.hashes_of(each)) is not None]
