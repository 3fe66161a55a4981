"""Feeds a JSON document to a streaming parser so that no document, however made, takes unbounded memory or time.

The parser (ijson, which wraps YAJL) keeps each open object's path, so its memory grows with the square of the nesting,
and keeps each item whole. A real list nests five levels deep and has items of a kilobyte.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import ijson

from matchers.known.importers.peeking import HEAD_BYTES
from matchers.known.rows import BadRow

MAX_ITEM_BYTES: Final = 2 * 1024 * 1024
"""A longer item, or a longer stretch of the document without any, ends the reading."""
MAX_DEPTH: Final = 1024
"""Brackets opened in one chunk, or open between two items: more are no list. Memory at this depth: 20 MB."""

_CHUNK: Final = 4096
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_TOO_LONG: Final = (
    f"an item, or what stands between two, is longer than {MAX_ITEM_BYTES} bytes: nothing after it was read"
)
_TOO_DEEP: Final = "nested deeper than any list: nothing after this item was read"
_CUT_SHORT: Final = "the JSON document ends before it is complete: the file is cut short"
_NO_JSON: Final = "from here on this is no JSON: nothing after this item was read"


class BrokenOffError(ValueError):
    """The document cannot be read any further; the text says why and repeats nothing of it."""


class GuardedJson:
    """A stream for ijson to read. Tell it of each item taken with `begin_item`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._pending = False
        self._first = True
        self._bytes = self._open = 0
        self._broken: str | None = None

    def begin_item(self) -> None:
        """An item was taken: what is counted from here on belongs to the next."""
        self._bytes = self._open = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes and few at a time. Raises `BrokenOffError`."""
        if size == 0:
            return b""  # ijson asks for nothing to learn whether it gets bytes or text
        chunk = self._stream.read(min(size, _CHUNK))
        if self._first:
            self._first = False
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
        if self._pending or not chunk.isascii():
            # A byte that is no UTF-8 stands in a comment: it costs a character there, not the rest of the file.
            final = not chunk
            chunk = self._decode(chunk, final).encode("utf-8")
            self._pending = not final
        if self._broken:
            raise BrokenOffError(self._broken)
        opening = chunk.count(b"{") + chunk.count(b"[")
        if opening > MAX_DEPTH and (end := _too_deep_from(chunk)) is not None:
            # What stands before it is read yet.
            self._broken = _TOO_DEEP
            chunk = chunk[:end]
        elif self._bytes:
            self._open += opening - chunk.count(b"}") - chunk.count(b"]")
            if self._open > MAX_DEPTH:
                raise BrokenOffError(_TOO_DEEP)
        self._bytes += len(chunk)
        if self._bytes > MAX_ITEM_BYTES + HEAD_BYTES:
            raise BrokenOffError(_TOO_LONG)
        return chunk


def _too_deep_from(chunk: bytes) -> int | None:
    """Where brackets in this chunk are more than `MAX_DEPTH` deep, those in texts counted too; None when nowhere."""
    depth = 0
    for bracket in _BRACKET.finditer(chunk):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            return bracket.start()
    return None


# What JSON makes of a document has no narrower type.
def items(guard: GuardedJson, prefix: str) -> Iterator[Any]:
    """Each value at `prefix`, whole. Raises `BrokenOffError` where the document cannot be read any further."""
    return _unbroken(guard, ijson.items(guard, prefix, buf_size=_CHUNK, use_float=True))


def events(guard: GuardedJson) -> Iterator[Any]:
    """The document as (path, event, value). The caller calls `begin_item`. Raises `BrokenOffError`."""
    return _unbroken(None, ijson.parse(guard, buf_size=_CHUNK, use_float=True))


def broken_off(number: int, broken: BrokenOffError) -> BadRow:
    """The row that stands for all that could not be read."""
    return BadRow(line=number, reason=str(broken))


def _unbroken(guard: GuardedJson | None, found: Iterator[Any]) -> Iterator[Any]:
    try:
        for each in found:
            if guard is not None:
                guard.begin_item()
            yield each
    except BrokenOffError:
        raise
    except ijson.IncompleteJSONError as broken:
        # YAJL calls both so; only a document that ends too soon has no position.
        raise BrokenOffError(_CUT_SHORT if "premature EOF" in str(broken) else _NO_JSON) from None
    except (ijson.JSONError, ValueError, ArithmeticError):
        raise BrokenOffError(_NO_JSON) from None
