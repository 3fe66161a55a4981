"""A process that fetches a list, to be killed: `python -m … URL KNOWN_FILE`."""

import sys
from pathlib import Path
from time import time

from matchers.known import KnownStore
from matchers.known.remote import RemoteTable, fetch_list, open_held_pages, remote_list
from tests.pictures_seen import DIGEST_KEY
from tests.unit.matchers.remote.providers import FETCHER, LIMITS, LIST, VEIL, VEIL_KEY


def main(url: str, known: Path) -> None:
    table = RemoteTable(kind="ncmec", url=url)
    store, held = KnownStore(known, time, VEIL, LIMITS), open_held_pages(known, time, VEIL_KEY)
    with remote_list(LIST, table, digest_key=DIGEST_KEY, clock=time) as remote:
        fetch_list(remote, store, held, LIST, by=FETCHER)


main(sys.argv[1], Path(sys.argv[2]))
