"""Floods: an entry that suddenly matches very much is for a person to look at before it fills the analysts' queue."""

from pathlib import Path

from crawler.contract.clock import Clock
from matchers.floods.configuration import FloodsTable
from matchers.floods.watch import Flood, FloodWatch

__all__ = ["Flood", "FloodWatch", "FloodsTable", "open_flood_watch"]


def open_flood_watch(table: FloodsTable, state: Path, clock: Clock, *, digest_key: bytes) -> FloodWatch:
    """The watch of this machine's matchers: `floods.sqlite` in the state folder.

    Raises `StoreRefusedError` or `StoreUnavailableError` when the file cannot be used.
    """
    return FloodWatch(state / "floods.sqlite", clock, table, digest_key=digest_key)
