"""How every client here reaches the broker, and what its errors mean to us."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import errors

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError, UnavailableError
from crawler.transport.configuration import TransportTable

_REFUSALS = (
    errors.AuthorizationError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
)


def options(table: TransportTable) -> Mapping[str, Any]:
    """The keyword arguments that producers, consumers and admin clients share.

    Raises `ConfigError` when the password's file cannot be used.
    """
    # Any: kafka-python has no types; each option has its own.
    # At DEBUG the client logs keys and values.
    logging.getLogger("kafka").setLevel(max(logging.WARNING, logging.getLogger("kafka").level))
    chosen: dict[str, Any] = {
        "bootstrap_servers": list(table.bootstrap_servers),
        "client_id": table.client_id,
        "bootstrap_timeout_ms": int(table.connect_seconds * 1000),
        "security_protocol": table.security_protocol,
        # A broker that comes back is found within a second, not within thirty.
        "reconnect_backoff_max_ms": 1000,
        "metrics_enabled": False,
    }
    for key, path in (
        ("ssl_cafile", table.ca_file),
        ("ssl_certfile", table.certificate_file),
        ("ssl_keyfile", table.key_file),
    ):
        if path is not None:
            chosen[key] = str(path)
    if table.security_protocol.startswith("SASL") and table.password_file is not None:
        chosen["sasl_mechanism"] = table.sasl_mechanism
        chosen["sasl_plain_username"] = table.user
        chosen["sasl_plain_password"] = read_secret(table.password_file, "[transport] password_file")
    return chosen


@contextmanager
def translated(table: TransportTable) -> Iterator[None]:
    """kafka-python's errors as ours: `ConfigError` when the broker refuses us, else `UnavailableError`."""
    try:
        yield
    except (errors.KafkaError, OSError) as error:
        raise meaning(error, table) from None


def meaning(error: BaseException, table: TransportTable) -> ConfigError | UnavailableError:
    """What an error of the client means. Its own words stay out: they may quote what was sent."""
    servers = ", ".join(table.bootstrap_servers)
    kind = type(error).__name__
    if isinstance(error, _REFUSALS):
        return ConfigError(
            f"Kafka at {servers} refuses us ({kind}). Check security_protocol, sasl_mechanism, user and password_file "
            "in [transport], and the user's rights on topics and group."
        )
    return UnavailableError(
        f"Kafka at {servers} does not answer ({kind}). Check that it runs and can be reached, and "
        "bootstrap_servers and security_protocol in [transport]."
    )
