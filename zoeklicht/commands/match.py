"""`zoeklicht match`: one matcher process. Start as many as the transport has partitions."""

import logging
import signal
import threading
import time

import click
import msgspec

from crawler.contract.config import Configuration
from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, open_subscriber
from matchers.hits import HitsTable, open_hit_store
from matchers.known import KnownTable, LoadedKnownSet, open_known_store
from matchers.worker import MatchingTable, MatchWorker
from zoeklicht.commands.known import digest_key_of
from zoeklicht.settings_file import config_option, make_state

logger = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="End when everything that was published is matched; exit code 0.")
@config_option
def match(once: bool, configuration: Configuration) -> None:
    """Match what crawlers have seen with the known set, and store the hits.

    New entries of the known set are taken up while it runs. Ctrl-C ends it in order; killing it loses nothing: what it
    had not stored is delivered again, to it or to another.
    """
    state = make_state(configuration)
    matching = configuration.table("matching", MatchingTable)
    known_table = configuration.table("known", KnownTable)
    transport = configuration.table("transport", TransportTable)
    digest_key = digest_key_of(configuration)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    store = open_known_store(known_table, state, time.time)
    known_set = LoadedKnownSet(
        store, distance=matching.distance, min_quality=matching.min_quality, dihedral=matching.dihedral
    )
    logger.info("The known set holds %d entries, version %d.", len(known_set), known_set.version)
    if not len(known_set):
        logger.warning("The known set is empty: nothing can match. See: zoeklicht known import")
    hits = open_hit_store(configuration.table("hits", HitsTable), state)
    subscriber = open_subscriber(transport, state, IMAGES_SEEN, transport.group)
    try:
        worker = MatchWorker(subscriber, known_set, hits, matching, digest_key=digest_key)
        with known_set.kept_fresh(known_table.refresh_seconds):
            counts = worker.run(once=once, should_stop=stop.is_set)
        logger.info("Done: %s", ", ".join(f"{name} {count}" for name, count in msgspec.structs.asdict(counts).items()))
    finally:
        subscriber.close()
        hits.close()
        store.close()
