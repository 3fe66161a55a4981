"""A matcher in a process of its own, told by its arguments where everything is: for tests that kill it."""

import sys
import time
from pathlib import Path

import msgspec

from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, open_subscriber
from matchers.hits import HitsTable, open_hit_store
from matchers.known import LoadedKnownSet
from matchers.rematching import Standing
from matchers.worker import MatchingTable, MatchWorker
from tests.known_sets import known_store
from tests.pictures_seen import DIGEST_KEY


def main(transport_text: str, state: Path, batch: int) -> None:
    """Match until killed."""
    transport = msgspec.json.decode(transport_text, type=TransportTable, dec_hook=lambda kind, value: kind(value))
    store = known_store(state / "known.sqlite")
    known_set = LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True)
    hits = open_hit_store(HitsTable(), state)
    subscriber = open_subscriber(transport, state, IMAGES_SEEN, transport.group)
    worker = MatchWorker(
        subscriber,
        known_set,
        hits,
        MatchingTable(batch=batch),
        digest_key=DIGEST_KEY,
        standing=Standing(store, hits),
    )
    while True:
        worker.run(should_stop=lambda: False)
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
