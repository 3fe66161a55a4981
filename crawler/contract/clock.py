"""Time is passed in, so that tests own it."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since the epoch, UTC, as `time.time` gives them."""
