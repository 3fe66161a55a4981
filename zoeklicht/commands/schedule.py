"""`zoeklicht schedule`: begins rounds, queues revisits, keeps the pace of people, and writes coverage down."""

import json
import logging
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import click

from crawler.contract.config import Configuration
from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import Frontier
from crawler.contract.shared import SharedStore
from crawler.fetching.rounds import Scheduled
from crawler.fetching.rounds import schedule as schedule_now
from crawler.fetching.seeding import default_judge
from crawler.fetching.slowness import slowness_for, tell_slowness
from crawler.frontier import FrontierTable, open_frontier
from crawler.shared import open_shared
from crawler.sites import SiteDirectory, open_sites, read_profiles
from desk.configuration import DeskTable
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.ports import HitStore
from matchers.hits import HitsTable, open_hit_store
from zoeklicht.covering import figures
from zoeklicht.settings_file import config_option, make_state

logger = logging.getLogger(__name__)

_REPORTED = timedelta(days=31)


@click.command()
@click.option("--once", is_flag=True, help="Look at the clock once, for cron or a systemd timer, and say what was due.")
@click.option("--every", default=30.0, show_default=True, help="Seconds between two looks.")
@config_option
def schedule(once: bool, every: float, configuration: Configuration) -> None:
    """Begin the rounds and queue the revisits that are due, of sites that are open by mandate and window.

    Run as many as you like: each round begins once, and each revisit is queued once. Profiles are read anew at each
    look. With desk.daily_capacity set, crawling of new pages slows down as unreviewed hits pile up.
    """
    state = make_state(configuration)
    table = configuration.table("frontier", FrontierTable)
    frontier = open_frontier(table, state)
    shared = open_shared(table.kind, table, state)
    hits = open_hit_store(configuration.table("hits", HitsTable), state)
    stop = threading.Event()
    if not once:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
    try:
        while True:
            try:
                done = _look(configuration, frontier, shared, hits)
            except (UnavailableError, StoreUnavailableError) as error:
                if once:
                    raise
                logger.warning("A store does not answer; trying again. %s", error)
            else:
                _tell(done, once=once)
            if once or stop.wait(every):
                return
    finally:
        frontier.close()
        shared.close()
        hits.close()


def _look(configuration: Configuration, frontier: Frontier, shared: SharedStore, hits: HitStore) -> Scheduled:
    profiles = read_profiles(configuration.profiles)
    directory = SiteDirectory(profiles)
    now = time.time()
    halted = {halt.scope for halt in frontier.halts()}
    sites = open_sites(profiles, now) - halted
    done = schedule_now(frontier, default_judge(directory), directory.profiles, frozenset(sites), now)
    _keep_coverage(frontier, hits, datetime.fromtimestamp(now, UTC))
    capacity = configuration.table("desk", DeskTable).daily_capacity
    if capacity is not None:
        tell_slowness(shared, slowness_for(hits.count(), capacity))
    return done


def _keep_coverage(frontier: Frontier, hits: HitStore, at: datetime) -> None:
    """For dashboards. Reports a month old have said what they had to say."""
    kept = [each for site in frontier.coverage() for each in figures(site, "site", at)]
    for report in frontier.reports():
        found = frontier.report_coverage(report.id) if at - report.received_at < _REPORTED else None
        kept += figures(found, "report", at) if found is not None else []
    hits.keep_coverage(kept)


def _tell(done: Scheduled, *, once: bool) -> None:
    for each in done.unexpected:
        logger.error("Round %d of site %r brought %s: has its layout changed?", each.number, each.site, each.what)
    if once:
        found = [f"{each.site}: {each.what}" for each in done.unexpected]
        click.echo(json.dumps({"begun": list(done.begun), "revisits": done.revisits, "unexpected": found}))
    elif done.begun or done.revisits:
        logger.info("%d rounds began, %d revisits are queued.", len(done.begun), done.revisits)
