"""Cuts a list's bytes into numbered lines of text, for the importers of line formats."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from matchers.known.rows import BadRow

MAX_LINE_BYTES = 65_536
"""Longer lines are no rows of a hash list; reading them whole would let one file take all memory."""


def numbered_lines(stream: BinaryIO, *, any_encoding: bool = False) -> Iterator[tuple[int, str] | BadRow]:
    """Lines of a UTF-8 stream with their number from 1, stripped; blank and `#` comment lines left out.

    Takes a byte order mark and either line end. A line that is no UTF-8 or too long becomes a `BadRow`; with
    `any_encoding` bytes that are no UTF-8 become U+FFFD, for formats in which they stand in columns that nobody needs.
    Memory is bounded by `MAX_LINE_BYTES`.
    """
    number = 0
    errors = "replace" if any_encoding else "strict"
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            while not raw.endswith(b"\n") and (raw := stream.readline(MAX_LINE_BYTES)):
                pass
            yield BadRow(line=number, reason=f"longer than {MAX_LINE_BYTES} bytes")
            continue
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text = raw.decode("utf-8", errors).strip()
        except UnicodeDecodeError:
            yield BadRow(line=number, reason="not UTF-8 text: save the list as UTF-8")
            continue
        if text and not text.startswith("#"):
            yield number, text
