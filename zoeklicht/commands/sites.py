"""`zoeklicht sites`: which sites are configured, whether they may be crawled now, and what is wrong with them."""

import json
import sys
import time
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crawler.contract.config import Configuration
from crawler.contract.sites import SiteProfile
from crawler.sites import Permitted, permitted, read_profiles
from zoeklicht.settings_file import config_option
from zoeklicht.site_checkup import check_sites

_MARKS = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "failure": "[red]FAILURE[/]"}


@click.group()
def sites() -> None:
    """List and check the site profiles."""


@sites.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_option
def list_(as_json: bool, configuration: Configuration) -> None:
    """List the sites, and whether each may be crawled now."""
    now = time.time()
    rows = [_row(profile, now) for profile in read_profiles(configuration.profiles)]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("site", "type", "hosts", "now"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        state = f"open until {row['until']}" if row["open"] else f"closed: {row['why']}"
        table.add_row(*(escape(text) for text in (row["name"], row["type"], " ".join(row["hosts"]), state)))
    Console().print(table)


@sites.command()
@click.argument("name", required=False)
@config_option
def check(name: str | None, configuration: Configuration) -> None:
    """Check all site profiles, or one: everything that is wrong at once, and what to do.

    Exit code 1 when anything has to be mended; warnings alone leave it 0.
    """
    profiles, findings = check_sites(configuration)
    if name is not None:
        path = configuration.profiles / f"{name}.toml"
        findings = tuple(
            each for each in findings if each.matter == f"site {name!r}" or each.text.startswith(f"{path}:")
        )
        if not findings and name not in {profile.name for profile in profiles}:
            raise click.ClickException(f"{path}: no such profile.")
    console = Console()
    for finding in findings:
        console.print(f"{_MARKS[finding.level]} {escape(finding.matter)}: {escape(finding.text)}", soft_wrap=True)
    failures = sum(finding.level == "failure" for finding in findings)
    checked = len(profiles) if name is None else 1
    console.print(f"{checked} {'site' if checked == 1 else 'sites'} checked, {failures} to mend.", highlight=False)
    if failures:
        sys.exit(1)


def _row(profile: SiteProfile, now: float) -> dict[str, Any]:
    """What is told of one site. Any: JSON's values."""
    found = permitted(profile, now)
    is_open = isinstance(found, Permitted)
    return {
        "name": profile.name,
        "type": profile.type,
        "hosts": list(profile.hosts),
        "open": is_open,
        "why": None if isinstance(found, Permitted) else found.text,
        "until": None if found.until is None else found.until.isoformat(timespec="minutes"),
        "mandate_expires": profile.mandate.expires.isoformat() if profile.mandate else None,
        "means": list(profile.mandate.means) if profile.mandate else [],
    }
