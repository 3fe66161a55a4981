"""Free ports on loopback."""

import random
import socket

_BELOW_EPHEMERAL = range(20_000, 32_000)
"""Outgoing connections never get one of these (they start at 32768), so a server can come back on its own."""


def free() -> int:
    """A port nobody listens on now."""
    for port in random.sample(_BELOW_EPHEMERAL, k=100):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("No free port between 20000 and 32000 on 127.0.0.1.")
