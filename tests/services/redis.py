"""A Redis of the tests' own: append-only file on, no snapshots."""

import contextlib
import socket
from collections.abc import Mapping, Sequence

from tests.services import machine, ports
from tests.services.server import Server


class RedisServer(Server):
    """Plain Redis on loopback; keeps its data over `kill()` and `start()`."""

    name = "redis"
    start_seconds = 30

    def __init__(self, options: Mapping[str, str] | None = None) -> None:
        """With further options of its configuration, by name."""
        super().__init__()
        self._options = options or {}
        self.port = ports.free()

    @property
    def url(self) -> str:
        """For clients: database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        # The program looks at the name it is called by: under Debian's name for it, it would check a dump.
        (self.folder / "redis-server").symlink_to(machine.redis_server())
        (self.folder / "data").mkdir()

    def command(self) -> Sequence[str]:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "yes",
            "dir": str(self.folder / "data"),
            **self._options,
        }
        return [str(self.folder / "redis-server"), *(word for k, v in options.items() for word in (f"--{k}", v))]

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith(b"+PONG")
        return False
