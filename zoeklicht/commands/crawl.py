"""`zoeklicht crawl`: one crawler process. Start as many as you like, on as many machines. `halting` has its brakes."""

import sys
from pathlib import Path

import click
from scrapy import signals
from scrapy.settings import Settings

from crawler.browsing import BrowserTable, check_browser
from crawler.contract.config import Configuration
from crawler.contract.records import IMAGES_SEEN
from crawler.fetching.rounds import begin_crawl
from crawler.fetching.seeding import default_judge
from crawler.frontier import FrontierTable, open_frontier
from crawler.sites import SiteDirectory, read_profiles
from crawler.transport import TransportTable, open_publisher
from zoeklicht.commands.halting import pause, resume, stop
from zoeklicht.settings_file import config_path_option, load, make_state

SETTINGS_MODULE = "crawler.settings"


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="End when nothing is left of the sites that are open; exit code 0.")
@config_path_option
@click.pass_context
def crawl(context: click.Context, once: bool, path: Path) -> None:
    """Crawl the configured sites: fetch, hash in memory, publish. Or, with a command, close and open sites.

    Seeds of the site profiles are added at the start. Ctrl-C ends it in order; killing it loses nothing: what it held
    is handed out again once its leases expire.
    """
    if context.invoked_subcommand is None:
        run(load(path), once=once)


for command in (pause, stop, resume):
    crawl.add_command(command)


def run(configuration: Configuration, *, once: bool) -> None:
    """Crawl until it is ended, or until nothing is left to do. Exits with 1 when the crawl failed."""
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  # installs Twisted's reactor: only when crawling

    from crawler.fetching.scheduler import LEASES_FAILED  # noqa: PLC0415

    state = make_state(configuration)
    _prepare(configuration, state)
    # Fail here, in plain words, rather than inside Scrapy.
    open_publisher(configuration.table("transport", TransportTable), state, IMAGES_SEEN).close()

    settings = Settings()
    settings.setmodule(SETTINGS_MODULE, priority="project")
    settings.setdict({"ZOEKLICHT_CONFIGURATION": configuration, "ZOEKLICHT_ONCE": once}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler("sites")
    reasons: list[str] = []

    def closed(reason: str) -> None:
        reasons.append(reason)

    crawler.signals.connect(closed, signals.spider_closed)
    crawling = process.crawl(crawler)
    process.start()
    failure = crawling.exception() if crawling.done() and not crawling.cancelled() else None
    if failure is not None:
        raise failure
    if process.bootstrap_failed or not reasons or LEASES_FAILED in reasons:
        sys.exit(1)


def _prepare(configuration: Configuration, state: Path) -> None:
    """Fail here over what is configured wrongly, in plain words; and lay down where the crawl starts."""
    directory = SiteDirectory(read_profiles(configuration.profiles))
    if any(profile.browser for profile in directory.profiles.values()):
        check_browser(configuration.table("browser", BrowserTable))
    frontier = open_frontier(configuration.table("frontier", FrontierTable), state)
    try:
        begin_crawl(frontier, default_judge(directory), directory.profiles)
    finally:
        frontier.close()
