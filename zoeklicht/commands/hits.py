"""`zoeklicht hits`: what was found. Addresses stay sealed unless asked for, and asking is on the record."""

import getpass
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as TextTable

from crawler.contract.config import Configuration
from desk.audit import AuditLog
from desk.configuration import DeskTable
from desk.keys import read_secret_key
from desk.opening import Opener
from matchers.contract.records import HitStanding, StoredHit
from matchers.hits import HitsTable, open_hit_store
from zoeklicht.settings_file import config_option, make_state
from zoeklicht.tables import counted, plain

_COLUMNS = ("id", "host", "country", "algorithm", "distance", "list", "list_id", "standing", "sightings")
_TITLES = {
    "country": "in",
    "algorithm": "match",
    "distance": "bits",
    "list_id": "entry",
    "standing": "is",
    "sightings": "seen",
}
_JUSTIFY: dict[str, Literal["right"]] = {"distance": "right", "sightings": "right"}
_CUT = {"id": 8}
"""Characters of an id that the table shows: enough to tell hits apart; --json has it whole."""


@click.group()
def hits() -> None:
    """List hits."""


@hits.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--standing",
    type=click.Choice(get_args(HitStanding)),
    help="Only those that are open, held apart, or rest on withdrawn entries alone.",
)
@click.option("--open", "opened", is_flag=True, help="With addresses. Needs the desk's key; each one is audited.")
@click.option("--reason", default="listed by an operator", show_default=True, help="Why, for the audit log.")
@config_option
def list_hits(
    as_json: bool, standing: HitStanding | None, opened: bool, reason: str, configuration: Configuration
) -> None:
    """List every hit, first seen first, each with its best match."""
    state = make_state(configuration)
    opener = opener_of(configuration, state) if opened else None
    store = open_hit_store(configuration.table("hits", HitsTable), state)
    try:
        rows = []
        for stored in store.hits(standing):
            row = row_of(stored)
            if opener is not None:
                address = opener.open(stored.hit.id, stored.hit.sealed_address, reason=reason)
                row |= {"url": address.url, "path_inside": address.path_inside}
                row |= {"page_url": address.page_url, "chain": list(address.chain)}
            if as_json:
                click.echo(json.dumps(row))
            else:
                rows.append(row)
        if not as_json:
            console = Console()
            console.print(table_of(rows))
            for row in rows if opened else ():
                console.print(
                    f"{_shown(row, 'id')}  {plain(row['url'])}\n          on {plain(row['page_url'])}",
                    soft_wrap=True,
                    markup=False,
                    highlight=False,
                )
    finally:
        store.close()


def opener_of(configuration: Configuration, state: Path) -> Opener:
    """Whoever runs this command, with the desk's key. Raises `KeyFileError` or `ConfigError` without one."""
    table = configuration.table("desk", DeskTable)
    return Opener(
        read_secret_key(table.secret_file(state)),
        AuditLog(table.audit(state), time.time),
        actor=getpass.getuser(),
        per_hour=table.opened_per_hour,
        clock=time.time,
    )


def row_of(stored: StoredHit) -> dict[str, Any]:
    """A hit as the list shows it. Any: what json.dumps takes."""
    best = min(stored.evidence, key=lambda each: (each.withdrawn is not None, each.match.held_apart is not None)).match
    return {
        "id": stored.hit.id,
        "site": stored.hit.origin.site,
        "host": stored.hit.origin.host,
        "ip": stored.hit.peer.ip,
        "country": stored.hit.peer.country.code,
        "algorithm": best.algorithm,
        "distance": best.distance,
        "turned": best.turned,
        "list": best.list,
        "list_id": best.list_id,
        "category": best.category,
        "meaning": best.meaning,
        "disputed": any(each.match.disputed for each in stored.evidence),
        "prepared": best.prepared,
        "standing": stored.standing,
        "held_apart": sorted({each.match.held_apart for each in stored.evidence if each.match.held_apart}),
        "reopened_at": stored.reopened_at.isoformat() if stored.reopened_at else None,
        "known_version": max(each.known_version for each in stored.evidence),
        "matches": len(stored.evidence),
        "first_seen": stored.first_seen.isoformat(),
        "last_seen": stored.last_seen.isoformat(),
        "sightings": stored.sightings,
    }


def table_of(rows: Sequence[dict[str, Any]], *, of: int | None = None) -> TextTable:
    """Hits as a table for the terminal; `of`: how many there are in all, if these are only the first."""
    total = len(rows) if of is None else of
    table = TextTable(
        title=counted(total, "hit"),
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in _COLUMNS:
        table.add_column(_TITLES.get(column, column), overflow="fold", justify=_JUSTIFY.get(column, "left"))
    for row in rows:
        table.add_row(*(_shown(row, column) for column in _COLUMNS))
    if total > len(rows):
        table.caption = f"… and {total - len(rows):,} more"
        table.caption_justify = "left"
    return table


def _shown(row: dict[str, Any], column: str) -> str:
    return escape(plain(str(row[column])))[: _CUT.get(column)]
