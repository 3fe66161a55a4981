"""Broken pictures, as the real web is full of them; each with the reason under which it is to be counted."""

import struct
import zlib
from collections.abc import Iterator

from crawler.contract.reasons import Reason
from zoeklicht.practice.pictures import encode, motif, paint

_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">'
    b'<rect width="200" height="300" fill="teal"/><circle cx="300" cy="150" r="80" fill="orange"/></svg>'
)
_NOT_FOUND_PAGE = b"<!doctype html><html><head><title>Gone</title></head><body><p>No such picture.</p></body></html>"


def broken_pictures(seed: int, number: int) -> Iterator[tuple[str, str, bytes, Reason]]:
    """Extension, media type as the server will call it, bytes, and reason of each kind there is."""
    intact = encode(paint(motif(seed, number)._replace(form="jpeg")), "jpeg")
    yield "jpg", "image/jpeg", intact[: len(intact) // 2], Reason.TRUNCATED
    yield "jpg", "image/jpeg", b"", Reason.EMPTY
    yield "jpg", "image/jpeg", _NOT_FOUND_PAGE, Reason.NOT_A_PICTURE
    yield "png", "image/png", _bomb(30_000), Reason.TOO_MANY_PIXELS
    yield "svg", "image/svg+xml", _SVG, Reason.UNSUPPORTED_FORMAT


def _bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes whose header promises side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 + side // 8) * 16, 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
