"""Where the practice web lives."""

import socket
from urllib.parse import urlsplit

IMAGE_HOSTS = tuple(f"127.0.0.{last}" for last in range(2, 8))
FORUM_HOSTS = ("127.0.0.8", "127.0.0.9")


def dotted(host: str) -> str:
    """The IPv4 address that a host is, however it is spelled (`2130706452`, `0x7f.20`); other hosts as they are."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def plain(url: str) -> str:
    """The address with its host dotted, so that the truth and a crawler's hits name the same thing alike."""
    host = urlsplit(url).hostname
    if host is None or dotted(host) == host:
        return url
    return url.replace(f"//{host}", f"//{dotted(host)}", 1)
