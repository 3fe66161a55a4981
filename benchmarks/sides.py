"""What a side is to a run: two commands to start, and hits to be found."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class Side(Protocol):
    """One chain, set up for one run: servers emptied, known set in place, nothing started."""

    name: str
    matcher: Sequence[str]
    """The command of one matcher. It runs until it is told to end."""
    crawler: Sequence[str]
    """The command of one crawler. It ends by itself when all is crawled; started again it goes on."""
    publishes_empty: bool
    """Whether it tells the matcher of pictures of no bytes, too."""
    hit_names: Mapping[str, str]
    """By the address of each planted picture, the name under which its hit would stand."""

    picture_names: Mapping[str, str]
    """The same of every picture file."""

    def hits(self) -> Mapping[str, float]:
        """What a search finds now: the hits' names, each with the time of its fetch (epoch seconds)."""

    def published(self) -> Collection[str]:
        """The names of all pictures, as `hit_names` has them, of which the matcher was told. Slow: reads everything."""

    def close(self) -> None:
        """Let go of connections."""


def moment(text: str) -> float:
    """Epoch seconds of a time in JSON."""
    return msgspec.convert(text, datetime).timestamp()
