"""A Redis that speaks TLS only, and wants to see a certificate and a password from its clients."""

import contextlib
import socket
import ssl
from collections.abc import Sequence

from tests.services.redis import RedisServer
from tests.services.redis_certificates import Authority

USER, PASSWORD = "crawler", "correct-horse"


class TlsRedisServer(RedisServer):
    """As its settings are in operation: no plain port, clients known by a certificate and a user of their own."""

    name = "redis-tls"

    def prepare(self) -> None:
        super().prepare()
        self.authority = Authority(self.folder)
        self._own = self.authority.sign("server")
        self.client = self.authority.sign("client")
        # Nobody gets in as the default user, yet it keeps its rights: Redis reads its append-only file back as that
        # user, and before its fix of issue 14541 it silently drops every script and transaction the user may not run.
        acl = self.folder / "users.acl"
        acl.write_text(f"user default off ~* &* +@all\nuser {USER} on >{PASSWORD} ~* &* +@all\n")

    @property
    def url(self) -> str:
        """For clients, without user and password: database 0."""
        return f"rediss://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        words = list(super().command())
        words[words.index("--port") + 1] = "0"
        return [
            *words,
            *("--tls-port", str(self.port), "--tls-auth-clients", "yes"),
            *("--tls-cert-file", str(self._own.certificate), "--tls-key-file", str(self._own.key)),
            *("--tls-ca-cert-file", str(self.authority.certificate)),
            *("--aclfile", str(self.folder / "users.acl")),
        ]

    def answers(self) -> bool:
        trust = ssl.create_default_context(cafile=self.authority.certificate)
        trust.load_cert_chain(self.client.certificate, self.client.key)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as plain,
            trust.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith(b"-NOAUTH")
        return False
