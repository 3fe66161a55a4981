"""Judges what stands beside the hashes in a list: names, categories, dates."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

MAX_TEXT: Final = 200
"""Characters that `category`, `source` and `list_id` may have."""

_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
"""Control characters, halves of characters, and what takes the place of bytes that were no UTF-8."""


class UnfitError(ValueError):
    """Something that cannot be imported; the text is the reason and repeats nothing of the row."""


def fit_text(name: str, text: str) -> str | None:
    """The text without blanks around it, None when nothing is left. Raises `UnfitError` when it cannot be kept."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise UnfitError(f"{name} is longer than {MAX_TEXT} characters")
    if not (text.isascii() and text.isprintable()) and _UNFIT.search(text):
        raise UnfitError(f"{name} has characters that are no text")
    return text or None


@lru_cache(maxsize=4096)
def fit_time(text: str) -> datetime:
    """A time or a day as ISO 8601 writes it; without a zone it is UTC. Raises `UnfitError` for anything else."""
    if len(text) > _LONGEST_TIME:
        raise UnfitError(NO_TIME)
    try:
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnfitError(NO_TIME) from None


@lru_cache(maxsize=4096)
def fit_seconds(seconds: float) -> datetime:
    """Seconds, or milliseconds, since 1970 in UTC. Raises `UnfitError` for what is neither."""
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    if not 0 <= seconds < _MILLISECONDS_FROM:
        raise UnfitError(NO_TIME)
    return datetime.fromtimestamp(seconds, UTC)


NO_TIME: Final = "a time that cannot be read; the entry is kept without it"
_LONGEST_TIME: Final = 64
"""Characters: what is longer is not remembered either."""
_MILLISECONDS_FROM: Final = 10**11
"""The year 5138 in seconds, 1973 in milliseconds."""
