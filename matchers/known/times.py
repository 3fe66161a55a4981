"""Times as the known set's file holds them: seconds since the epoch."""

from datetime import UTC, datetime


def utc(seconds: float) -> datetime:
    """The time as records hold it."""
    return datetime.fromtimestamp(seconds, UTC)
