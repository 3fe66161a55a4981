"""Reads an answer's body within bounds of size and time, packed or not."""

import zlib
from collections.abc import Callable
from typing import Final

from urllib3 import BaseHTTPResponse

from matchers.known.remote.errors import RemoteRefusedError, RemoteUnavailableError

_AT_ONCE: Final = 65_536
_GZIP: Final = 31  # zlib's number for gzip with its header, https://zlib.net/manual.html#Advanced


def read_body(answer: BaseHTTPResponse, *, most_bytes: int, until: float, now: Callable[[], float]) -> bytes:
    """The whole body, unpacked.

    Raises `RemoteRefusedError` for more than `most_bytes` on the way or unpacked, or a packing nobody asked for, and
    `RemoteUnavailableError` when it was cut off or is not there at the time `until`. Whatever urllib3 raises for a
    connection that breaks is let through.
    """
    packing = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in {"gzip", "identity"}:
        raise RemoteRefusedError("sent a page packed in a way that was not asked for. Tell the provider.")
    packed = bytearray()
    while some := answer.read1(_AT_ONCE, decode_content=False):
        packed += some
        if len(packed) > most_bytes:
            raise _too_large(most_bytes)
        if now() > until:
            raise RemoteUnavailableError("sends a page too slowly.")
    if packing == "identity":
        return bytes(packed)
    unpacking = zlib.decompressobj(wbits=_GZIP)
    try:
        body = unpacking.decompress(packed, most_bytes + 1)
    except zlib.error:
        raise RemoteRefusedError("sent a page that cannot be unpacked. Tell the provider.") from None
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    if not unpacking.eof:
        raise RemoteUnavailableError("cut a page off in the middle.")
    return body


def _too_large(most_bytes: int) -> RemoteRefusedError:
    return RemoteRefusedError(
        f"sent a page of more than {most_bytes} bytes. If pages are to be so large, raise `most_page_bytes`."
    )
