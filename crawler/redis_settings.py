"""Where Redis is and how it is entered: the part of `[frontier]` that everything kept in Redis goes by."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from crawler.contract.config import Table, read_secret
from crawler.contract.errors import ConfigError


class RedisTable(Table, frozen=True, kw_only=True):
    """Settings of one Redis, the same for every process that shares it."""

    redis_url: str | None = None
    """`redis://…`, `rediss://…` (TLS) or `unix://…`, without a password."""
    redis_url_file: Path | None = None
    """A file, readable by its owner only, that holds the address with its password."""
    redis_ca_file: Path | None = None
    """Certificates (PEM) that vouch for the server, with `rediss://`; without it, those this machine trusts."""
    redis_certificate_file: Path | None = None
    """This process's own certificate (PEM), where the server asks for one."""
    redis_key_file: Path | None = None
    """Its key (PEM, without a password), readable by its owner only."""
    key_prefix: Annotated[str, msgspec.Meta(min_length=1)] = "zoeklicht"
    """All keys in Redis start with it: one prefix, one frontier."""

    def redis_address(self) -> str:
        """The address of the Redis to use. Raises `ConfigError` unless exactly one place gives it."""
        if (self.redis_url is None) == (self.redis_url_file is None):
            raise ConfigError('[frontier] kind = "redis" needs either redis_url or redis_url_file.')
        if self.redis_url_file is not None:
            return read_secret(self.redis_url_file, "[frontier] redis_url_file")
        address = self.redis_url or ""
        if urlsplit(address).password:
            raise ConfigError("[frontier] redis_url holds a password: move the address to a file, redis_url_file.")
        return address

    def redis_tls(self) -> Mapping[str, str]:
        """How to speak TLS with it, as redis-py's connections name it; empty without `rediss://`.

        The server's certificate and name are always verified. Raises `ConfigError` when a file is missing, the key is
        readable by others, or the files are given for an address that is not `rediss://`.
        """
        address = self.redis_address()
        if not address.lower().startswith("rediss://"):
            if self.redis_ca_file or self.redis_certificate_file or self.redis_key_file:
                raise ConfigError("[frontier] certificates are for TLS: let the address of Redis start with rediss://.")
            return {}
        if "ssl_" in urlsplit(address).query:
            raise ConfigError("[frontier] leave ssl_ options out of Redis's address; redis_ca_file says whom to trust.")
        if (self.redis_certificate_file is None) != (self.redis_key_file is None):
            raise ConfigError("[frontier] redis_certificate_file and redis_key_file are given together, or neither.")
        options = {"ssl_cert_reqs": "required"}
        if self.redis_ca_file is not None:
            options["ssl_ca_certs"] = _readable(self.redis_ca_file, "redis_ca_file")
        if self.redis_certificate_file is not None and self.redis_key_file is not None:
            read_secret(self.redis_key_file, "[frontier] redis_key_file")
            options["ssl_certfile"] = _readable(self.redis_certificate_file, "redis_certificate_file")
            options["ssl_keyfile"] = str(self.redis_key_file)
        return options


def _readable(path: Path, key: str) -> str:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"[frontier] {key}: {path} cannot be read ({type(error).__name__}).") from None
    return str(path)
