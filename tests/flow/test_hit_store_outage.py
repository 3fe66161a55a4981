"""The hit store dies in mid-run, on the real Elasticsearch: the matcher waits, nothing is lost, nothing is doubled."""

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.contract.records import IMAGES_SEEN
from crawler.transport import TransportTable, encode, open_publisher, open_subscriber
from matchers.contract.records import KnownEntry
from matchers.hits import HitsTable, open_hit_store
from matchers.known import LoadedKnownSet
from matchers.worker import MatchingTable, MatchWorker
from tests.known_sets import known_store
from tests.pictures_seen import DIGEST_KEY, hash_of, picture_seen
from tests.services.elasticsearch import ElasticsearchServer

PICTURES = 3_000


@pytest.mark.timeout(600)
def test_elasticsearch_killed_in_mid_run_and_started_again_loses_nothing(
    elasticsearch_server: ElasticsearchServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    transport = TransportTable()
    publisher = open_publisher(transport, tmp_path, IMAGES_SEEN)
    for sent in [
        publisher.publish(str(number).encode(), encode(picture_seen("known", at=f"address {number}")))
        for number in range(PICTURES)
    ]:
        sent.result(timeout=60)
    publisher.close()
    known = KnownEntry(algorithm="md5", value=hash_of("known", "md5"), list="a list", list_id="1")
    store = known_store(tmp_path / "known.sqlite", [known])
    known_set = LoadedKnownSet(store, distance=31, min_quality=50, dihedral=True)
    password_file = tmp_path / "password"
    password_file.touch(0o600)
    password_file.write_text(elasticsearch_server.password)
    hits = open_hit_store(
        HitsTable(
            kind="elasticsearch",
            urls=(elasticsearch_server.url,),
            user=elasticsearch_server.admin,
            password_file=password_file,
            prefix=f"test-{secrets.token_hex(6)}",
        ),
        tmp_path,
    )
    table = MatchingTable(batch=20, retry_seconds=0.5)
    workers: list[MatchWorker] = []

    def match() -> None:
        subscriber = open_subscriber(transport, tmp_path, IMAGES_SEEN, "matchers")
        workers.append(MatchWorker(subscriber, known_set, hits, table, digest_key=DIGEST_KEY))
        workers[0].run(once=True)
        subscriber.close()

    matching = threading.Thread(target=match)
    matching.start()
    until(lambda: bool(workers) and workers[0].counts.looked_up >= 100)
    elasticsearch_server.kill()
    until(lambda: "Elasticsearch does not answer" in caplog.text)
    assert matching.is_alive()
    assert workers[0].counts.looked_up < PICTURES
    elasticsearch_server.start()
    matching.join(timeout=300)
    assert not matching.is_alive()

    assert workers[0].counts.looked_up == PICTURES
    assert hits.count() == PICTURES
    assert {(hit.sightings, len(hit.evidence)) for hit in hits.hits()} == {(1, 1)}
    hits.close()
    store.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
