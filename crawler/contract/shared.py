"""What crawlers tell each other besides targets: robots.txt rules, sessions, what a picture was when last seen.

A small store with lifetimes and claims. Losing it costs requests, never a target. Adapters: SQLite and Redis.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class SharedStore(Protocol):
    """Thread-safe. Each method raises `UnavailableError` when the store does not answer."""

    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """What was put under each key, None where there is nothing or its lifetime is over."""

    def put(self, entries: Mapping[str, bytes], *, seconds: float) -> None:
        """Put entries for so long, in place of what was there."""

    def claim(self, key: str, owner: str, *, seconds: float) -> bool:
        """Make `owner` the only one to do something, for so long. Claiming again extends. Returns whether it is."""

    def let_go(self, key: str, owner: str) -> None:
        """End a claim of this owner; anyone else's stays."""

    def forget(self, keys: Sequence[str]) -> None:
        """Remove entries. Claims stay."""

    def close(self) -> None:
        """Let go of connections."""
