"""`zoeklicht match`: one matcher process. Start as many as the transport has partitions."""

import logging
import signal
import threading
from contextlib import ExitStack

import click
import msgspec

from crawler.contract.config import Configuration
from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, open_subscriber
from matchers.known import KnownTable
from matchers.worker import MatchingTable, MatchWorker
from zoeklicht.known_set import digest_key_of
from zoeklicht.matching import Matching, followed, matching
from zoeklicht.settings_file import config_option, make_state

logger = logging.getLogger(__name__)


@click.command()
@click.option("--once", is_flag=True, help="End when everything that was published is matched; exit code 0.")
@config_option
def match(once: bool, configuration: Configuration) -> None:
    """Match what crawlers have seen with the known set, and store the hits.

    New entries of the known set are taken up while it runs, and what was seen before is matched with them. Ctrl-C ends
    it in order; killing it loses nothing: what it had not stored is delivered again, to it or to another.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with matching(configuration) as parts:
        known_set = parts.known_set
        logger.info("The known set holds %d entries, version %d.", len(known_set), known_set.version)
        if not len(known_set):
            logger.warning("The known set is empty: nothing can match. See: zoeklicht known import")
        counts = _work(configuration, parts, stop, once=once)
    logger.info("Done: %s", ", ".join(f"{name} {count}" for name, count in counts.items()))


def _work(configuration: Configuration, parts: Matching, stop: threading.Event, *, once: bool) -> dict[str, int]:
    transport = configuration.table("transport", TransportTable)
    subscriber = open_subscriber(transport, make_state(configuration), IMAGES_SEEN, transport.group)
    with ExitStack() as stack:
        stack.callback(subscriber.close)
        worker = MatchWorker(
            subscriber,
            parts.known_set,
            parts.hits,
            configuration.table("matching", MatchingTable),
            digest_key=digest_key_of(configuration),
            standing=parts.standing,
            flooding=parts.flooding,
            seen_store=parts.seen,
        )
        stack.enter_context(parts.known_set.kept_fresh(configuration.table("known", KnownTable).refresh_seconds))
        if not once:
            stack.enter_context(followed(parts.follow_up, configuration))
        counts = worker.run(once=once, should_stop=stop.is_set)
        if once and not stop.is_set():
            parts.follow_up(stop.is_set)
        return msgspec.structs.asdict(counts)
