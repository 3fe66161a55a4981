"""How long to wait before a provider is asked again: what it says, else ever longer pauses, each partly by chance."""

import math
from collections.abc import Callable
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 300.0
"""Seconds. Who asks for more is left alone until the list's next turn."""

_FIRST = 1.0

Chance = Callable[[], float]
"""Numbers in [0, 1), as `random.random` gives them."""


def pause_after(attempt: int, chance: Chance) -> float:
    """Seconds to wait after the `attempt`th failure, from 1: doubling up to a minute, half of it by chance."""
    full = min(60.0, _FIRST * 2.0 ** (attempt - 1))
    return full / 2 + full / 2 * chance()


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` (RFC 9110, 10.2.3) asks for, as a number or a date; None for none, or nonsense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def clock_skew(header: str | None, now: float) -> float:
    """Seconds that our clock is ahead of the `Date` of an answer; 0 where it has none."""
    try:
        ahead = now - parsedate_to_datetime(header or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return ahead if math.isfinite(ahead) else 0.0
