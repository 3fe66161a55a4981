"""`zoeklicht status`: queue, rate, errors and leases, in all and by site and host; a live view in a terminal."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Group
from rich.live import Live
from rich.text import Text

from crawler.contract.config import Configuration
from crawler.frontier import FrontierTable, open_frontier
from crawler.sites import read_profiles
from zoeklicht.settings_file import config_option, make_state
from zoeklicht.statuses import Status, status_of
from zoeklicht.tables import console, table_with

_EVERY = 1.0
_HOSTS = 20
_LATE = 120.0


@click.command()
@click.option("--live", is_flag=True, help="Keep showing it, with rates, until Ctrl-C.")
@click.option("--hosts", "shown_hosts", default=_HOSTS, show_default=True, help="Hosts to list, busiest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
def status(live: bool, shown_hosts: int, as_json: bool, configuration: Configuration) -> None:
    """Show where the crawl stands: queue, rate, errors, sites that are closed and why, leases of each host."""
    profiles = read_profiles(configuration.profiles)
    frontier = open_frontier(configuration.table("frontier", FrontierTable), make_state(configuration))

    def look(before: Status | None) -> Status:
        return status_of(frontier, profiles, now=time.time(), hosts=shown_hosts, before=before)

    try:
        if as_json:
            click.echo(json.dumps(look(None).as_json()))
        elif live:
            _follow(look)
        else:
            first = look(None)
            time.sleep(_EVERY)  # a rate needs two looks
            console().print(_view(look(first)))
    finally:
        frontier.close()


def _follow(look: Any) -> None:
    """Any: the closure above, from one status to the next."""
    seen: Status = look(None)
    with Live(_view(seen), refresh_per_second=2, screen=False) as view:
        try:
            while True:
                time.sleep(_EVERY)
                seen = look(seen)
                view.update(_view(seen))
        except KeyboardInterrupt:
            return


def _view(status: Status) -> Group:
    line = (
        f"queue {status.pending:,} + {status.leased:,} under way, {status.revisits:,} revisits to come   "
        f"{status.ended:,} done ({status.rate:.1f}/s), {status.failed:,} failed ({status.failure_rate:.1f}/s)   "
        f"{status.lost:,} lost"
    )
    halts = [
        Text(f"HALTED  {halt.scope}: {halt.kind} by {halt.by} since {_time(halt.at)}: {halt.reason}", style="bold red")
        for halt in status.halts
    ]
    sites = table_with("site", "is", numbers=("round", "pages", "pictures", "pending", "leased", "failed"))
    for site in status.sites:
        state = "open" if site.closed is None else f"closed: {site.closed}"
        figures = (site.pages, site.pictures, site.pending, site.leased, site.failed)
        sites.add_row(site.name, state, str(site.round), *(f"{figure:,}" for figure in figures))
    hosts = table_with("host", "held by", "next", numbers=("pending", "leased"))
    for host in status.hosts:
        wait = host.next_at - status.at
        ready = "now" if wait <= 0 else f"in {wait:.0f} s" if wait < _LATE else f"at {_time(host.next_at)}"
        hosts.add_row(host.host, host.holder or "", ready, f"{host.pending:,}", f"{host.leased:,}")
    return Group(Text(line), *halts, sites, *([hosts] if status.hosts else []))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="seconds")
