"""`zoeklicht doctor`: is everything in place, and what to do where it is not."""

import sys

import click
from rich.console import Console
from rich.markup import escape

from crawler.contract.config import Configuration
from zoeklicht.checkup import check_all
from zoeklicht.settings_file import config_option

_MARKS = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "failure": "[red]FAILURE[/]"}


@click.command()
@config_option
def doctor(configuration: Configuration) -> None:
    """Check configuration, keys, servers, versions, disk and clock, and say what to do.

    Exit code 1 when anything keeps the chain from running.
    """
    console = Console()
    failures = 0
    for finding in check_all(configuration):
        failures += finding.level == "failure"
        console.print(f"{_MARKS[finding.level]} {escape(finding.matter)}: {escape(finding.text)}", soft_wrap=True)
    if failures:
        console.print(f"{failures} to mend.")
        sys.exit(1)
