"""`zoeklicht rematch`: matching again what was seen before."""

from datetime import UTC, datetime

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crawler.contract.config import Configuration
from crawler.contract.errors import ConfigError
from matchers.rematching import RematchProgress
from zoeklicht.matching import matching
from zoeklicht.settings_file import config_option
from zoeklicht.tables import console

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--list", "list_name", help="With every entry of this list, however old.")
@click.option(
    "--since", type=_DATE, help="What was fetched since this day (UTC); with --list. By default all there is."
)
@config_option
def rematch(list_name: str | None, since: datetime | None, configuration: Configuration) -> None:
    """Match again what was seen before, with what the known set has gained since, or with a whole list.

    Matchers do the former by themselves, in the background. Interrupted, it goes on where it was.
    """
    if since is not None and list_name is None:
        raise click.UsageError("--since goes with --list; without one, all that is behind is matched.")
    with matching(configuration) as parts:
        if parts.rematcher is None:
            raise ConfigError("[seen] enabled is false: nothing is kept that could be matched again.")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console()) as bar:
            task = bar.add_task("matched again", total=None)

            def tell(progress: RematchProgress) -> None:
                bar.update(task, completed=progress.pictures, total=progress.of)

            if list_name is None:
                done = parts.rematcher.rematch_additions(tell)
            else:
                day = (since or datetime.fromtimestamp(0, UTC)).date()
                done = parts.rematcher.rematch(list_name, day, tell)
    click.echo(
        f"{done.pictures:,} pictures seen before were matched with version {done.version} of the known set; "
        f"{done.found:,} of them match."
    )
