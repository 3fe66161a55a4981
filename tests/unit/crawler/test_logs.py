"""Nothing that a log must not hold."""

import io
import logging
from collections.abc import Iterator

import pytest

from crawler.contract import logs
from crawler.contract.addresses import Address
from crawler.contract.frontier import Target
from crawler.contract.records import Digests
from crawler.contract.transport import Delivery

ADDRESS = "https://host.example/album/secret.jpg?x=1"
DIGEST = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_addresses_hashes_and_bytes_are_redacted_whoever_logs_them(log: io.StringIO) -> None:
    logging.getLogger("somebody.elses").warning("GET %s gave %s: %r", ADDRESS, DIGEST, b"\x89PNG secret")
    written = log.getvalue()
    assert "somebody.elses" in written
    assert "<address>" in written
    assert not any(secret in written for secret in ("secret", "host.example", DIGEST))


def test_tracebacks_are_redacted_too(log: io.StringIO) -> None:
    try:
        raise ValueError(f"could not read {ADDRESS} ({DIGEST})")
    except ValueError:
        logging.getLogger("x").exception("failed")
    written = log.getvalue()
    assert "ValueError" in written
    assert not any(secret in written for secret in ("host.example", DIGEST))


def test_records_that_carry_secrets_hide_them_from_repr() -> None:
    secrets = [
        Address(url=ADDRESS),
        Target(fingerprint=1, url=ADDRESS, host="h", site="s", kind="page"),
        Digests(md5=DIGEST, sha1=DIGEST + "00000000", sha256=DIGEST * 2),
        Delivery(topic="t", partition=0, offset=1, key=DIGEST.encode(), value=ADDRESS.encode()),
    ]
    told = repr(secrets)
    assert "host.example" not in told
    assert DIGEST not in told
