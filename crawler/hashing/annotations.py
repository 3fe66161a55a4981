"""Takes out of a picture's bytes what says nothing about its looks, before a decoder reads them.

A decoder refuses a whole picture for a fault in a comment, a colour profile or a thumbnail that no browser would look
at (300 MB of deflated text in a PNG, for one), and a picture hidden so would be overlooked. What is left out is never
missed: orientation is ignored on purpose, and the first picture of several is decoded by itself.
"""

from collections.abc import Collection

from crawler.hashing.formats import Format

_PNG_SIGNATURE = 8
_PNG_FRAME = 12
"""A chunk's length, name and checksum."""
_ANCILLARY = 0x20
"""A PNG chunk whose name begins with a small letter may be skipped by every decoder."""

_MARKER = 0xFF
_START_OF_SCAN = 0xDA
_ANNOTATIONS = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""JPEG's APP1 to APP13, APP15 and COM. APP0 (JFIF) and APP14 (Adobe) say how colours are stored and stay."""


ANIMATION_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
"""Of an animated PNG (APNG specification 1.0): optional chunks, so that other decoders show the first picture alone."""


def without_annotations(data: bytes, form: Format, *, keep: Collection[bytes] = ()) -> bytes:
    """The same picture with less around it. Bytes that do not follow their format are left for the decoder to judge.

    `keep`: names of PNG chunks that are needed all the same.
    """
    if form is Format.PNG:
        return _without_chunks(data, keep)
    if form is Format.JPEG:
        return _without_segments(data)
    return data


def _without_chunks(data: bytes, keep: Collection[bytes]) -> bytes:
    kept: list[bytes] = []
    begin = at = _PNG_SIGNATURE
    while at + _PNG_FRAME <= len(data):
        after = at + _PNG_FRAME + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4] & _ANCILLARY and data[at + 4 : at + 8] not in keep:
            kept.append(data[begin:at])
            begin = after
        at = after
    if not kept:
        return data
    return data[:_PNG_SIGNATURE] + b"".join(kept) + data[begin:]


def _without_segments(data: bytes) -> bytes:
    kept: list[bytes] = []
    begin = 0
    at = 2
    while at + 4 <= len(data) and data[at] == _MARKER:
        marker = data[at + 1]
        if marker == _MARKER:  # fill bytes may stand before a marker
            at += 1
            continue
        if marker == _START_OF_SCAN:
            break
        after = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _ANNOTATIONS:
            kept.append(data[begin:at])
            begin = after
        at = after
    return b"".join(kept) + data[begin:] if kept else data
