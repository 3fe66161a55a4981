"""`zoeklicht seed`: where a crawl starts."""

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from crawler.contract.config import Configuration
from crawler.contract.reasons import EXPLANATIONS
from crawler.fetching.seeding import Seeded, add_seeds, default_judge
from crawler.frontier import FrontierTable, open_frontier
from crawler.sites import SiteDirectory, read_profiles
from zoeklicht.settings_file import config_option, make_state


@click.group()
def seed() -> None:
    """Add addresses to start from."""


@seed.command()
@click.argument("what", metavar="URL|FILE.csv")
@config_option
def add(what: str, configuration: Configuration) -> None:
    """Add one address, or all of a CSV file (column `url`, or the first one), to the frontier.

    Only addresses on configured sites are accepted; the rest is counted by reason.
    """
    urls = _urls_of(Path(what)) if what.lower().endswith(".csv") and "://" not in what else iter([what])
    seeded = seed_frontier(configuration, urls)
    click.echo(f"{seeded.added} added, {seeded.known} known already")
    for reason, count in sorted(seeded.refused.items()):
        click.echo(f"{count} refused: {EXPLANATIONS[reason]} ({reason})")
    if seeded.refused and not seeded.added and not seeded.known:
        raise click.ClickException("nothing was accepted. Add the site to the profiles folder first.")


def seed_frontier(configuration: Configuration, urls: Iterator[str]) -> Seeded:
    """Judge seeds by the configured sites and add them."""
    state = make_state(configuration)
    directory = SiteDirectory(read_profiles(configuration.profiles))
    frontier = open_frontier(configuration.table("frontier", FrontierTable), state)
    try:
        return add_seeds(frontier, default_judge(directory), urls)
    finally:
        frontier.close()


def _urls_of(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=";" if ";" in file.readline() else ",")
            file.seek(0)
            column = 0
            for number, row in enumerate(rows):
                if number == 0 and "url" in (lowered := [cell.strip().lower() for cell in row]):
                    column = lowered.index("url")
                elif len(row) > column and row[column].strip():
                    yield row[column].strip()
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read ({type(error).__name__}).") from None
    except (UnicodeDecodeError, csv.Error):
        raise click.ClickException(f"{path} is no CSV file in UTF-8.") from None
