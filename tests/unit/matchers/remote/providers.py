"""A provider each, its list as it is read, and what stands on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from matchers.contract.records import KnownEntry
from matchers.known import KnownStore
from matchers.known.limits import Limits
from matchers.known.people import Person
from matchers.known.registration import Registration
from matchers.known.remote import Page, RemoteList, RemoteTable, remote_list
from matchers.known.rows import Tombstone
from matchers.veil import Veil
from tests.list_servers.ncmec import Entry
from tests.list_servers.server import Answer, ListServer
from tests.list_servers.threatexchange import HashRecord
from tests.pictures_seen import DIGEST_KEY, hash_of

NOW = 1_700_000_000.0
DAY = 86_400.0
LIST = "a list"


class Clock:
    """Time stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def entry(name: str, at: float = NOW - DAY, *, deleted: bool = False) -> Entry:
    return Entry(name, at, {kind: hash_of(name, kind) for kind in ("md5", "sha1")}, deleted=deleted)


def record(name: str, at: float = NOW - DAY, status: str = "Active") -> HashRecord:
    return HashRecord(int(at), hash_of(name), status)


def table(server: ListServer, kind: str, *, page_size: int = 2, **keys: object) -> RemoteTable:
    path = "/npo" if kind == "ncmec" else "/v1/FetchHashes"
    values = {"kind": kind, "url": server.origin + path, "page_size": page_size} | keys
    return RemoteTable(**values)  # type: ignore[arg-type] # a test's own keys


@contextmanager
def listed(server: ListServer, kind: str, clock: Clock, *, page_size: int = 2, **keys: object) -> Iterator[RemoteList]:
    with remote_list(
        LIST,
        table(server, kind, page_size=page_size, **keys),
        digest_key=DIGEST_KEY,
        clock=clock,
        pause=lambda _: None,
        chance=lambda: 0.5,
    ) as remote:
        yield remote


def undated(answer: Answer) -> Answer:
    """A provider without a clock: what it says must not contradict the test's."""
    return answer._replace(headers={**answer.headers, "Date": "not told"})


def names(pages: list[Page]) -> list[str]:
    """The md5 or PDQ hashes in the order they came, by their pictures' names: each picture brings one."""
    return [row.value for page in pages for row in page.rows if isinstance(row, KnownEntry) and row.algorithm != "sha1"]


def tombstones(pages: list[Page]) -> list[Tombstone]:
    return [row for page in pages for row in page.rows if isinstance(row, Tombstone)]


def secret(folder: Path, text: str) -> Path:
    path = folder / "password"
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


VEIL_KEY = bytes(range(32))
VEIL = Veil(VEIL_KEY)
LIMITS = Limits(small_list=0, most_changed=1.0, bulk_retraction=1000, unsigned_by_one=True)
"""Imports take one person; those that change more than there was before, two."""
FETCHER = Person(name="fetch", account="zoeklicht")
ANNA = Person(name="Anna", account="anna")
BEN = Person(name="Ben", account="ben")


def register(store: KnownStore, name: str = LIST, **keys: object) -> None:
    """By two people."""
    values = {"name": name, "source": "a provider", "regime": "csam", "contact": "somebody"} | keys
    number = store.register(msgspec.convert(values, Registration), by=ANNA)
    assert number is not None
    store.approve(number, by=BEN)
