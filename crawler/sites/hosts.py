"""Host names as profiles write them, in the one spelling in which they are compared."""

import re

from w3lib.url import safe_url_string

EVERY_HOST = "*"
"""In place of a host: the profile of reported addresses."""

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"\.?{_LABEL}(\.{_LABEL})*")
_IPV6 = re.compile(r"[0-9a-f:.]+")


def normal_host(written: str) -> str:
    """Lower case, without a trailing dot, other alphabets as they travel (`bücher.example`: `xn--bcher-kva.example`).

    IPv6 literals lose their brackets. What is no host name comes back as it is.
    """
    host = written.strip().lower().rstrip(".").removeprefix("[").removesuffix("]")
    dot = "." if host.startswith(".") else ""
    if host.isascii():
        return host
    try:
        return dot + safe_url_string(f"http://{host.removeprefix('.')}/").split("/")[2]
    except (ValueError, IndexError):
        return host


def is_host(written: str) -> bool:
    """Whether it is a name, a dot and a name, or an address literal: no scheme, port or path."""
    host = normal_host(written)
    return written == EVERY_HOST or bool(_NAME.fullmatch(host)) or (host.count(":") > 1 and bool(_IPV6.fullmatch(host)))
