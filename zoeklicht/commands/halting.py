"""`zoeklicht crawl pause|stop|resume`: closing a site, or everything, to every crawler on every machine."""

import getpass
import time
from typing import Literal

import click

from crawler.contract.config import Configuration
from crawler.contract.frontier import EVERYTHING, Frontier, Halt
from crawler.frontier import FrontierTable, open_frontier
from crawler.sites import read_profiles
from desk.audit import AuditLog
from desk.configuration import DeskTable
from zoeklicht.settings_file import config_option, make_state

_REASON = "Why, for the record."


@click.command()
@click.argument("site", required=False)
@click.option("--all", "everything", is_flag=True, help="Every site.")
@click.option("--reason", required=True, help=_REASON)
@config_option
def pause(site: str | None, everything: bool, reason: str, configuration: Configuration) -> None:
    """Ask for nothing more of SITE. What is under way is finished; the queue is kept."""
    _halt("pause", site, everything, reason, configuration)


@click.command()
@click.argument("site", required=False)
@click.option("--all", "everything", is_flag=True, help="Every site: the kill switch.")
@click.option("--reason", required=True, help=_REASON)
@config_option
def stop(site: str | None, everything: bool, reason: str, configuration: Configuration) -> None:
    """Stop SITE at once: within seconds, downloads that are under way are broken off. The queue is kept."""
    _halt("stop", site, everything, reason, configuration)


@click.command()
@click.argument("site", required=False)
@click.option("--all", "everything", is_flag=True, help="End the halt of everything; that of a single site stays.")
@click.option("--reason", required=True, help=_REASON)
@config_option
def resume(site: str | None, everything: bool, reason: str, configuration: Configuration) -> None:
    """Go on with SITE where it was left."""
    scope = _scope(site, everything, configuration)
    frontier = _open(configuration)
    try:
        if not frontier.resume(scope):
            raise click.ClickException(f"{_name(scope)} is not halted. See: zoeklicht status")
    finally:
        frontier.close()
    _record(configuration, "crawl_resumed", scope, reason)
    click.echo(f"{_name(scope)} is open again, as far as its mandate and window go.")


def _halt(
    kind: Literal["pause", "stop"], site: str | None, everything: bool, reason: str, configuration: Configuration
) -> None:
    scope = _scope(site, everything, configuration)
    frontier = _open(configuration)
    try:
        frontier.halt(Halt(scope=scope, kind=kind, by=getpass.getuser(), reason=reason, at=time.time()))
    finally:
        frontier.close()
    _record(configuration, "crawl_paused" if kind == "pause" else "crawl_stopped", scope, reason)
    done = "nothing more is begun" if kind == "pause" else "nothing more is begun, and what is under way is broken off"
    click.echo(f"{_name(scope)}: {done}, on every machine, within two seconds.")


def _scope(site: str | None, everything: bool, configuration: Configuration) -> str:
    if everything == (site is not None):
        raise click.UsageError("Name one SITE, or --all.")
    if site is None:
        return EVERYTHING
    names = {profile.name for profile in read_profiles(configuration.profiles)}
    if site not in names:
        raise click.UsageError(f"There is no site {site!r}. There are: {', '.join(sorted(names))}")
    return site


def _name(scope: str) -> str:
    return "Everything" if scope == EVERYTHING else scope


def _open(configuration: Configuration) -> Frontier:
    return open_frontier(configuration.table("frontier", FrontierTable), make_state(configuration))


def _record(configuration: Configuration, action: str, scope: str, reason: str) -> None:
    """On the record of this machine; the halt itself tells every other who did it, and why."""
    path = configuration.table("desk", DeskTable).audit(configuration.state)
    AuditLog(path, time.time).append(actor=getpass.getuser(), action=action, subject=scope, reason=reason)
