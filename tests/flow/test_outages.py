"""A server goes away in the middle of a run and comes back: nothing is lost, nothing is stuck.

Elasticsearch's turn is in test_hit_store_outage.py.
"""

import secrets
import time
from pathlib import Path

from redis import Redis

from tests.flow.chain import Chain, document_for, practice_web, wait_until
from tests.services.kafka import KafkaServer
from tests.services.redis import RedisServer

AWAY_SECONDS = 12


def test_kafka_away_in_mid_run_loses_nothing(kafka_server: KafkaServer, tmp_path: Path) -> None:
    topics = {"kind": "kafka", "bootstrap_servers": [kafka_server.address], "topic_prefix": f"{secrets.token_hex(4)}."}
    with practice_web(tmp_path, latency_ms=5) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {"transport": topics}))
        try:
            chain.prepare(web.known)
            crawler, matcher = chain.start("crawl", "--once"), chain.start("match")
            wait_until(lambda: web.touched().pictures.requests > 20, seconds=60, what="the first pictures")
            kafka_server.kill()
            time.sleep(AWAY_SECONDS)
            assert crawler.poll() is None, "the crawler cannot have finished without acknowledgements"
            kafka_server.start()
            chain.finish(crawler)
            matcher.terminate()
            assert matcher.wait(60) == 0, chain.logs()
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            assert {hit["sightings"] for hit in chain.hits()} <= {1, 2}
        finally:
            chain.stop()


def test_redis_away_in_mid_run_loses_nothing(redis_server: RedisServer, tmp_path: Path) -> None:
    table = {"kind": "redis", "redis_url": redis_server.url, "key_prefix": secrets.token_hex(4), "lease_seconds": 5}
    with practice_web(tmp_path, latency_ms=5) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {"frontier": table}))
        try:
            chain.prepare(web.known)
            crawler = chain.start("crawl", "--once")
            wait_until(lambda: web.touched().pictures.requests > 20, seconds=60, what="the first pictures")
            redis_server.kill()
            time.sleep(AWAY_SECONDS)
            assert crawler.poll() is None, chain.logs()
            redis_server.start()
            chain.finish(crawler)
            chain.finish(chain.start("match", "--once"))
            assert chain.score(web.truth).perfect, chain.logs()
            assert web.touched().pictures.distinct == web.truth.pictures
        finally:
            chain.stop()


def test_a_crawler_that_is_locked_out_ends_and_says_so(tmp_path: Path) -> None:
    with RedisServer() as server, practice_web(tmp_path, latency_ms=50) as web:
        chain = Chain(tmp_path / "chain", document_for(web, {"frontier": {"kind": "redis", "redis_url": server.url}}))
        try:
            chain.prepare(web.known)
            crawler = chain.start("crawl")
            wait_until(lambda: web.touched().pictures.requests > 5, seconds=60, what="the first pictures")
            with Redis(port=server.port) as client:
                client.config_set("requirepass", "another password")
                client.client_kill_filter(_type="normal", skipme=False)
            assert crawler.wait(60) == 1
            assert "Redis refuses us" in chain.logs()
        finally:
            chain.stop()
