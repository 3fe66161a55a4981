"""The way to Redis: scrapy-redis's connection, with retries that end, and errors put into words."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004  # their name for it
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004  # their name for it
)
from redis.retry import Retry
from scrapy_redis.connection import get_redis

from crawler.contract.errors import ConfigError, UnavailableError
from crawler.redis_settings import RedisTable

ANSWER_SECONDS = 5.0
_RETRIES = 3
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 1.0


def client_of(table: RedisTable) -> Redis:
    """A client that connects when it is first used; thread-safe. Raises `ConfigError` when the settings are no use.

    A command that gets no answer is repeated three times, within 25 seconds in all; so every command must bear that.
    """
    tls = table.redis_tls()
    try:
        client: Redis = get_redis(
            url=table.redis_address(),
            **tls,
            # redis-py's own default has been the other one (before 6.0); the option is known to TLS only.
            **({"ssl_check_hostname": True} if tls else {}),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_keepalive=True,
            retry=Retry(ExponentialBackoff(cap=_LONGEST_WAIT_SECONDS, base=_FIRST_WAIT_SECONDS), _RETRIES),
            # A replica that was our primary until a moment ago: the address may lead to the new one.
            retry_on_error=[ConnectionError, TimeoutError, ReadOnlyError],
        )
    except ValueError:
        raise ConfigError("[frontier] the address of Redis must start with redis://, rediss:// or unix://.") from None
    return client


@contextmanager
def answering() -> Iterator[None]:
    """Raises `UnavailableError` for what passes, `ConfigError` for what somebody must mend."""
    try:
        yield
    except (AuthenticationError, NoPermissionError) as error:
        raise ConfigError(
            f"Redis refuses us ({type(error).__name__}). Check user and password of the address and what they may do."
        ) from None
    except (ConnectionError, TimeoutError, NoScriptError) as error:
        if isinstance(error.__cause__ or error.__context__, ssl.SSLCertVerificationError):
            raise ConfigError(
                "Redis shows a certificate that is not trusted here. Check redis_ca_file and the name in its address."
            ) from None
        raise UnavailableError(
            f"Redis does not answer ({type(error).__name__}). Is it up, and its address right?"
        ) from None
    except ReadOnlyError:
        raise UnavailableError("Redis is a replica now and takes no writes. Lead the address to the primary.") from None
    except OutOfMemoryError:
        raise UnavailableError("Redis has no memory left. Raise its maxmemory.") from None
    except ResponseError as error:
        if "MISCONF" in str(error):
            raise UnavailableError("Redis cannot write its append-only file. Look at its disk and log.") from None
        raise
