"""The `[transport]` table."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from crawler.contract.config import Table

Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]


class TransportTable(Table, frozen=True, kw_only=True):
    """How records go from crawlers to matchers. All but the first five keys are about Kafka."""

    kind: Literal["embedded", "kafka"] = "embedded"
    """A file under the state folder (one machine), or Kafka (any number)."""
    group: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "matchers"
    """The matchers that share the work: each message goes to one member of a group."""
    partitions: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 8
    """Of topics that do not exist yet (others keep theirs): the most matchers that can share the work."""
    topic_prefix: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    """Put before each topic's name, so that several installations can share a cluster (or a state folder)."""
    retention_days: Annotated[float, msgspec.Meta(gt=0)] = 7
    """Embedded: messages go when they are this old and every group has committed them. Kafka: see the topic's own."""

    bootstrap_servers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("127.0.0.1:9092",)
    client_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "zoeklicht"
    """What the broker's logs and quotas call us."""
    replication_factor: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    """Of topics that do not exist yet; None takes the broker's `default.replication.factor`. Three in earnest, with
    `min.insync.replicas=2`."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """In Kafka's words. Across machines: SASL_SSL, or SSL with a certificate of our own."""
    ca_file: Path | None = None
    """PEM; None trusts what the system trusts."""
    certificate_file: Path | None = None
    """PEM, our own certificate, where the broker asks for one."""
    key_file: Path | None = None
    """PEM, its secret key."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str | None = None
    password_file: Path | None = None
    connect_seconds: Seconds = 10.0
    """How long to try to reach a broker at the start."""
    delivery_seconds: Seconds = 120.0
    """How long a message may wait for its acknowledgement, a broker's outage included, before sending it failed."""

    def __post_init__(self) -> None:
        """Refuse halves of settings."""
        if self.security_protocol.startswith("SASL") and (self.user is None or self.password_file is None):
            raise ValueError("security_protocol with SASL needs `user` and `password_file`")
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("`certificate_file` and `key_file` go together")
        if "SSL" not in self.security_protocol and (self.ca_file or self.certificate_file):
            raise ValueError("`ca_file` and `certificate_file` need security_protocol SSL or SASL_SSL")
