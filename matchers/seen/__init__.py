"""What was seen, kept for a while in veiled hashes: when the known set grows, it is matched against all of this."""

from pathlib import Path

from crawler.contract.clock import Clock
from matchers.seen.block import Block
from matchers.seen.configuration import SeenTable
from matchers.seen.picture import SeenPicture, remembered
from matchers.seen.store import SeenCounts, SeenStore
from matchers.seen.stretch import PREPARATIONS, TURNS, Stretch, View, Views
from matchers.veil import Veil

__all__ = [
    "PREPARATIONS",
    "TURNS",
    "Block",
    "SeenCounts",
    "SeenPicture",
    "SeenStore",
    "SeenTable",
    "Stretch",
    "View",
    "Views",
    "open_seen_store",
    "remembered",
]


def open_seen_store(table: SeenTable, state: Path, clock: Clock, *, veil_key: bytes, digest_key: bytes) -> SeenStore:
    """The store of what was seen where the configuration says it is, made if it is not there.

    Raises `StoreRefusedError` or `StoreUnavailableError` when it cannot be opened.
    """
    return SeenStore(table.folder or state / "seen", clock, Veil(veil_key), digest_key=digest_key, days=table.days)
