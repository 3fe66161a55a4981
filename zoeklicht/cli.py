"""`zoeklicht`: the command line. Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 a server is away."""

import os
import resource
import sys

import click

from crawler.contract.errors import ConfigError, CrawlerError, UnavailableError
from crawler.contract.logs import configure
from desk.errors import DeskError
from matchers.contract.errors import MatcherError, StoreUnavailableError
from zoeklicht.commands.coverage import coverage
from zoeklicht.commands.crawl import crawl
from zoeklicht.commands.dead import dead
from zoeklicht.commands.doctor import doctor
from zoeklicht.commands.hits import hits
from zoeklicht.commands.keys import keys
from zoeklicht.commands.known import known
from zoeklicht.commands.match import match
from zoeklicht.commands.practice import practice
from zoeklicht.commands.rematch import rematch
from zoeklicht.commands.report import report
from zoeklicht.commands.schedule import schedule
from zoeklicht.commands.seed import seed
from zoeklicht.commands.sites import sites
from zoeklicht.commands.status import status
from zoeklicht.commands.up import up

EXIT_FAILED, EXIT_USAGE, EXIT_UNAVAILABLE = 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="zoeklicht")
@click.option("-v", "--verbose", is_flag=True, help="Log more. Addresses and hashes are never logged.")
def zoeklicht(verbose: bool) -> None:
    """Find known abuse material on Dutch-hosted sites, by hash alone.

    New here? `zoeklicht up --practice` runs the whole chain on a harmless practice web on this machine.
    With your own sites and list: copy zoeklicht.example.toml to zoeklicht.toml, then

    \b
      zoeklicht keys create                        make the keys that seal addresses
      zoeklicht known register NAME ...            register a list; a second person approves it
      zoeklicht known import list.csv --list NAME  load its hashes
      zoeklicht doctor                             check that everything is in place
      zoeklicht up                                 crawl, match and store
      zoeklicht hits list                          what was found
    """  # noqa: D301  # the \b tells click to keep the lines below it as they are
    configure(verbose=verbose)


for command in (
    *(up, crawl, match, schedule, status, coverage, sites, seed, report),
    *(known, rematch, hits, dead, keys, doctor, practice),
):
    zoeklicht.add_command(command)


def main() -> None:
    """The entry point: what goes wrong on purpose is one line on stderr and an exit code."""
    # Files made from here on are their owner's; a crash leaves no core file, which could hold a picture.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        zoeklicht()
    except (ConfigError, DeskError) as error:
        _fail(str(error), EXIT_USAGE)
    except (UnavailableError, StoreUnavailableError) as error:
        _fail(str(error), EXIT_UNAVAILABLE)
    except (CrawlerError, MatcherError) as error:
        _fail(str(error), EXIT_FAILED)


def _fail(text: str, code: int) -> None:
    click.echo(f"zoeklicht: {text}", err=True)
    sys.exit(code)
