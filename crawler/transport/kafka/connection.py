"""How every client here reaches the broker, and what its errors mean to us."""

import logging
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, errors

from crawler.contract.config import read_secret
from crawler.contract.errors import ConfigError, UnavailableError
from crawler.transport.configuration import TransportTable

_REFUSALS = (
    errors.AuthorizationError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
)


@contextmanager
def opening(table: TransportTable) -> Iterator[Mapping[str, Any]]:
    """The keyword arguments that producers, consumers and admin clients share, for the making of one.

    Raises `ConfigError` when the password's file cannot be used or the broker refuses us, `UnavailableError` when
    none answers within `connect_seconds`; a client that could not be made leaves no thread behind.
    """
    chosen = _options(table)
    _wait_for_a_broker(table)
    clients: list[Any] = []

    def remembered(**config: Any) -> Any:
        clients.append(KafkaConsumer.DEFAULT_CONFIG["kafka_client"](**config))
        return clients[-1]

    try:
        yield {**chosen, "kafka_client": remembered}
    except errors.KafkaTimeoutError as error:
        for each in clients:
            each.close()
        raise UnavailableError(
            f"Kafka at {_servers(table)} can be reached but does not let us in ({type(error).__name__}). If it is not "
            "just starting: check security_protocol, sasl_mechanism, user, password_file and ca_file in [transport]."
        ) from None
    except errors.KafkaError as error:
        for each in clients:
            each.close()
        raise meaning(error, table) from None


def _wait_for_a_broker(table: TransportTable) -> None:
    deadline = time.monotonic() + table.connect_seconds
    reason: Exception = errors.KafkaTimeoutError()
    while True:
        for server in table.bootstrap_servers:
            host, _, port = server.rpartition(":")
            try:
                with socket.create_connection((host.strip("[]"), int(port)), timeout=table.connect_seconds):
                    return
            except (OSError, ValueError) as error:
                reason = error
        if time.monotonic() > deadline:
            raise meaning(reason, table)
        time.sleep(0.1)


def _servers(table: TransportTable) -> str:
    return ", ".join(table.bootstrap_servers)


def _options(table: TransportTable) -> Mapping[str, Any]:
    # Any: kafka-python has no types; each option has its own.
    # At DEBUG the client logs keys and values; at WARNING each of its many attempts to reach a broker that is away.
    logging.getLogger("kafka").setLevel(max(logging.ERROR, logging.getLogger("kafka").level))
    chosen: dict[str, Any] = {
        "bootstrap_servers": list(table.bootstrap_servers),
        "client_id": table.client_id,
        "bootstrap_timeout_ms": int(table.connect_seconds * 1000),
        "security_protocol": table.security_protocol,
        # A broker that comes back is found within a second, not within thirty.
        "reconnect_backoff_max_ms": 1000,
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
    except (errors.KafkaConfigurationError, errors.IllegalStateError, errors.IllegalArgumentError):
        # A fault in this program, not in the broker.
        raise
    except (errors.KafkaError, OSError) as error:
        raise meaning(error, table) from None


def meaning(error: BaseException, table: TransportTable) -> ConfigError | UnavailableError:
    """What an error of the client means. Its own words stay out: they may quote what was sent."""
    servers = _servers(table)
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
