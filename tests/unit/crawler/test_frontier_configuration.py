"""The `[frontier]` table."""

from pathlib import Path

import pytest

from crawler.contract.config import from_mapping
from crawler.contract.errors import ConfigError
from crawler.frontier import FrontierTable


def read(tmp_path: Path, **keys: object) -> FrontierTable:
    configuration = from_mapping({"frontier": keys}, base=tmp_path, origin="test.toml", environ={})
    return configuration.table("frontier", FrontierTable)


def test_without_any_settings_it_is_embedded(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert (table.kind, table.lease_seconds, table.max_lease_age_seconds, table.max_expiries) == (
        "embedded",
        60,
        900,
        20,
    )


@pytest.mark.parametrize(
    "keys",
    [{"kind": "memory"}, {"lease_seconds": 0}, {"max_expiries": 0}, {"key_prefix": ""}, {"leases": 1}],
    ids=lambda keys: next(iter(keys)),
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, keys: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"\[frontier\]"):
        read(tmp_path, **keys)


def test_an_address_without_a_password_may_stand_in_the_open(tmp_path: Path) -> None:
    assert read(tmp_path, redis_url="redis://redis.example:6379/1").redis_address() == "redis://redis.example:6379/1"


def test_one_with_a_password_may_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="redis_url_file") as caught:
        read(tmp_path, redis_url="redis://:hidden@redis.example/0").redis_address()
    assert "hidden" not in str(caught.value)


def test_it_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "redis"
    file.write_text("rediss://crawler:hidden@redis.example/0\n")
    file.chmod(0o600)
    assert read(tmp_path, redis_url_file="redis").redis_address() == "rediss://crawler:hidden@redis.example/0"
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read(tmp_path, redis_url_file="redis").redis_address()


@pytest.mark.parametrize("both", [False, True])
def test_exactly_one_place_gives_the_address(tmp_path: Path, *, both: bool) -> None:
    keys = {"redis_url": "redis://redis.example", "redis_url_file": "redis"} if both else {}
    with pytest.raises(ConfigError, match="either redis_url or redis_url_file"):
        read(tmp_path, kind="redis", **keys).redis_address()


def test_without_tls_there_is_nothing_to_say_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, redis_url="redis://redis.example").redis_tls() == {}
    with pytest.raises(ConfigError, match="rediss://"):
        read(tmp_path, redis_url="redis://redis.example", redis_ca_file="ca.pem").redis_tls()


def test_a_server_over_tls_is_always_verified(tmp_path: Path) -> None:
    assert read(tmp_path, redis_url="rediss://redis.example").redis_tls() == {"ssl_cert_reqs": "required"}
    with pytest.raises(ConfigError, match="ssl_"):
        read(tmp_path, redis_url="rediss://redis.example?ssl_cert_reqs=none").redis_tls()


def test_certificates_and_keys_are_looked_at_before_anything_is_sent(tmp_path: Path) -> None:
    files = {"redis_ca_file": "ca.pem", "redis_certificate_file": "our.pem", "redis_key_file": "our.key"}
    for name in files.values():
        with pytest.raises(ConfigError, match="cannot be read"):
            read(tmp_path, redis_url="rediss://redis.example", **files).redis_tls()
        (tmp_path / name).write_text("PEM")
        (tmp_path / name).chmod(0o600)
    options = read(tmp_path, redis_url="rediss://redis.example", **files).redis_tls()
    assert options == {
        "ssl_cert_reqs": "required",
        "ssl_ca_certs": str(tmp_path / "ca.pem"),
        "ssl_certfile": str(tmp_path / "our.pem"),
        "ssl_keyfile": str(tmp_path / "our.key"),
    }
    (tmp_path / "our.key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read(tmp_path, redis_url="rediss://redis.example", **files).redis_tls()


def test_a_certificate_comes_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="together"):
        read(tmp_path, redis_url="rediss://redis.example", redis_key_file="our.key").redis_tls()
