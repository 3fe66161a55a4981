"""`zoeklicht known list|status|show|…`: what the known set holds, without its hashes."""

import csv
import sys
import time

import click

from crawler.contract.config import Configuration
from matchers.contract.records import Provenance
from matchers.known import NothingThereError, Person, Shown
from matchers.seen import SeenTable, open_seen_store
from zoeklicht.known_set import audit, by_option, digest_key_of, known_store, veil_key_of
from zoeklicht.settings_file import config_option
from zoeklicht.tables import console, counted, plain, table_with

_COLUMNS = ("list_id", "algorithm", "category", "meaning", "list_version", "dated", "standing", "file", "imported_at")


@click.command("list")
@config_option
def list_lists(configuration: Configuration) -> None:
    """Show each list with its number of entries by algorithm."""
    with known_store(configuration) as store:
        table = table_with("list", "kind", "state", "version", "entries", numbers=("off", "floods", "unreadable"))
        for count in store.counts():
            entries = ", ".join(f"{number:,} {name}" for name, number in sorted(count.entries.items())) or "nothing"
            off = count.disabled + count.retracted
            table.add_row(
                count.list,
                count.registration.kind,
                count.state,
                count.list_version or "",
                entries,
                *(f"{number:,}" for number in (off, count.flooding, count.quarantined)),
            )
        console().print(table)
        click.echo(f"The known set is at version {store.version}.")


@click.command()
@config_option
def status(configuration: Configuration) -> None:
    """Show what waits for a second person, what floods, and where the lists stand."""
    with known_store(configuration) as store:
        waiting = [each for each in store.proposals() if each.state == "waiting"]
        table = table_with("proposal", "what", "list", "by", "until", "why")
        for each in waiting:
            until = each.expires.date().isoformat()
            table.add_row(str(each.number), each.what, each.list, each.by, until, each.why)
        counts = store.counts()
        out = console()
        if waiting:
            out.print("Waiting for a second person (read it: zoeklicht known proposal NUMBER):", table)
        for count in counts:
            if count.flooding:
                out.print(
                    f"{count.list}: {counted(count.flooding, 'hash matches', 'hashes match')} very much of late; "
                    "what they match is held apart. "
                    f"Look: zoeklicht known show {count.list} --flooding",
                    soft_wrap=True,
                )
        if off := store.disabled_hashes():
            every = counted(off, "hash is", "hashes are")
            out.print(f"{every} switched off on whatever list, by value. Who and why: zoeklicht known deeds")
        _tell_behind(configuration, store.version)
        held = sum(sum(count.entries.values()) for count in counts)
        off = sum(count.disabled + count.retracted for count in counts)
        holds = f"{counted(held, 'hash', 'hashes')} of {counted(len(counts), 'list')}, {off:,} of them off"
        out.print(f"Version {store.version}: {holds}.")


@click.command()
@click.argument("list_name", metavar="LIST")
@click.argument("list_id", metavar="[ENTRY]", required=False)
@click.option("--flooding", is_flag=True, help="All entries of the list that flood.")
@config_option
def show(list_name: str, list_id: str | None, flooding: bool, configuration: Configuration) -> None:
    """Show where an ENTRY of a LIST comes from and how it stands, hash by hash, without the hashes."""
    if (list_id is None) != flooding:
        raise click.UsageError("Name an ENTRY, or say --flooding.")
    table = table_with(*(column.replace("_", " ") for column in _COLUMNS))
    with known_store(configuration) as store:
        shown = store.show(list_name, list_id) if list_id is not None else store.flooding(list_name)
        rows = [_cells(each) for each in shown]
    if not rows and list_id is not None:
        raise NothingThereError(f"The list {list_name} has no entry of that name. See: zoeklicht known list")
    for row in rows:
        table.add_row(*row)
    console().print(table)


@click.command()
@config_option
def disagreements(configuration: Configuration) -> None:
    """Show the hashes about which lists disagree: what one calls this, another calls that."""
    table = table_with("algorithm", "entries and what they mean")
    with known_store(configuration) as store:
        for each in store.disagreements():
            entries = "; ".join(f"{name} {list_id}: {meaning}" for name, list_id, meaning in each.entries)
            table.add_row(each.algorithm, entries)
    console().print(table)


@click.command()
@click.argument("list_name", metavar="LIST")
@click.option("--with-hashes", is_flag=True, help="With PDQ, pHash and dHash. Audited. Digests cannot be turned back.")
@click.option("--reason", help="Why, for the record; needed with --with-hashes.")
@by_option
@config_option
def export(list_name: str, with_hashes: bool, reason: str | None, by: Person, configuration: Configuration) -> None:
    """Write a LIST's entries to standard output as CSV: where each comes from and how it stands."""
    if with_hashes:
        if not reason:
            raise click.UsageError("--with-hashes needs a --reason: it is put on record.")
        audit(configuration, by, "exported_with_hashes", list_name, reason)
    with known_store(configuration) as store:
        writer = csv.writer(sys.stdout)
        writer.writerow((*_COLUMNS, "hash") if with_hashes else _COLUMNS)
        for each in store.export(list_name, with_hashes=with_hashes):
            cells = _cells(each)
            writer.writerow((*cells, each.hash or "") if with_hashes else cells)


@click.command()
@config_option
def deeds(configuration: Configuration) -> None:
    """Show what was done to the known set, by whom and when."""
    with known_store(configuration) as store:
        for each in store.deeds():
            counts = ", ".join(f"{name} {number:,}" for name, number in each.counts.items())
            what = " ".join(
                filter(None, (each.what, each.list, f"(proposal {each.proposal})" if each.proposal else None))
            )
            told = "; ".join(filter(None, (counts, each.reason)))
            click.echo(plain(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.by} ({each.account})  {what}  {told}"))


def _tell_behind(configuration: Configuration, version: int) -> None:
    """How much of what was seen has not met the newest entries yet."""
    table = configuration.table("seen", SeenTable)
    if not table.enabled:
        return
    keys = {"veil_key": veil_key_of(configuration), "digest_key": digest_key_of(configuration)}
    seen = open_seen_store(table, configuration.state, time.time, **keys)
    try:
        counts = seen.counts(version)
    finally:
        seen.close()
    oldest = f", the oldest of {counts.oldest}" if counts.oldest else ""
    console().print(f"{counted(counts.pictures, 'picture')} seen kept ({counts.bytes / 2**20:,.1f} MiB{oldest}).")
    if counts.behind:
        console().print(f"{counts.behind:,} of them are still to be matched with version {version}.")


def _cells(each: Shown) -> tuple[str, ...]:
    entry = each.provenance
    return (
        plain(entry.list_id),
        entry.algorithm,
        plain(entry.category or ""),
        entry.meaning or "",
        plain(entry.list_version or ""),
        entry.dated.date().isoformat() if entry.dated else "",
        _standing(entry),
        plain(each.file),
        each.imported_at.isoformat(timespec="seconds"),
    )


def _standing(entry: Provenance) -> str:
    return entry.withdrawn or ("flooding" if entry.flooding else "active")
