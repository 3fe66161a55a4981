"""Lists that their providers serve by HTTP: fetched page after page, resumable, imported whole."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from crawler.contract.clock import Clock
from matchers.known.remote.client import ListClient, Pause
from matchers.known.remote.configuration import RemoteTable, server_of
from matchers.known.remote.errors import AlreadyFetchingError, RemoteRefusedError, RemoteUnavailableError
from matchers.known.remote.fetching import Fetched, fetch_list
from matchers.known.remote.held_pages import FetchState, HeldPages
from matchers.known.remote.ncmec import NcmecList
from matchers.known.remote.patience import Chance
from matchers.known.remote.port import Page, RemoteList
from matchers.known.remote.scheduling import FetchFailed, due, due_at, fetch_due
from matchers.known.remote.threatexchange import ThreatExchangeList

__all__ = [
    "AlreadyFetchingError",
    "FetchFailed",
    "FetchState",
    "Fetched",
    "HeldPages",
    "Page",
    "RemoteList",
    "RemoteRefusedError",
    "RemoteTable",
    "RemoteUnavailableError",
    "due",
    "due_at",
    "fetch_due",
    "fetch_list",
    "open_held_pages",
    "remote_list",
    "server_of",
]


@contextmanager
def remote_list(
    name: str,
    table: RemoteTable,
    *,
    digest_key: bytes,
    clock: Clock,
    pause: Pause = time.sleep,
    chance: Chance = random.random,
) -> Iterator[RemoteList]:
    """The list that a `[known.remote.NAME]` table describes; the connection is closed at the end.

    Raises `ConfigError` for a table that cannot be used.
    """
    client = ListClient(name, table, clock=clock, pause=pause, chance=chance)
    overlap = timedelta(minutes=table.overlap_minutes)
    try:
        match table.kind:
            case "ncmec":
                yield NcmecList(client, list_name=name, digest_key=digest_key, overlap=overlap, clock=clock)
            case "threatexchange":
                yield ThreatExchangeList(
                    client,
                    list_name=name,
                    digest_key=digest_key,
                    overlap=overlap,
                    page_size=table.page_size,
                    clock=clock,
                )
    finally:
        client.close()


def open_held_pages(known_file: Path, clock: Clock, veil_key: bytes) -> HeldPages:
    """The pages held beside the known set's file, made if they are not there."""
    return HeldPages(known_file.with_name(known_file.name + "-remote.sqlite"), clock, veil_key)
