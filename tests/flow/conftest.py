"""The flows run twice: on the embedded adapters, and on real Redis, Kafka and Elasticsearch."""

import secrets
from pathlib import Path

import pytest

from tests.flow.chain import Tables


@pytest.fixture(params=["embedded", "servers"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Tables:
    """The configuration tables that choose adapters; names of its own for each test."""
    if request.param == "embedded":
        return {}
    redis = request.getfixturevalue("redis_server")
    kafka = request.getfixturevalue("kafka_server")
    elastic = request.getfixturevalue("elasticsearch_server")
    name = f"t{secrets.token_hex(4)}"
    password = tmp_path / "elastic.password"
    password.write_text(elastic.password)
    password.chmod(0o600)
    return {
        "frontier": {"kind": "redis", "redis_url": redis.url, "key_prefix": name},
        "transport": {"kind": "kafka", "bootstrap_servers": [kafka.address], "topic_prefix": f"{name}."},
        "hits": {
            "kind": "elasticsearch",
            "urls": [elastic.url],
            "user": elastic.admin,
            "password_file": str(password),
            "prefix": name,
        },
    }
