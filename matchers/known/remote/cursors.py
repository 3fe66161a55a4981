"""How cursors are written down: as JSON, so that one of an older version is recognised instead of misread."""

from typing import TypeVar

import msgspec

from crawler.contract.struct import Record
from matchers.known.remote.errors import RemoteRefusedError

C = TypeVar("C", bound=Record)


def written_cursor(cursor: Record) -> str:
    """A cursor as text."""
    return msgspec.json.encode(cursor).decode("utf-8")


def read_cursor(text: str, shape: type[C], list_name: str) -> C:
    """What `written_cursor` wrote. Raises `RemoteRefusedError` for anything else: it is not guessed where to go on."""
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise RemoteRefusedError(
            f"{list_name}: where the last fetch stopped cannot be read; has `kind` changed? Fetch it afresh."
        ) from None
