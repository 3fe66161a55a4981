"""Pages of a fetch under way, and how far each list has come. They lie sealed beside the known set until imported.

A fetch is imported whole, as one run: only so can it be seen that it changes more of a list than one person may
decide. Until then its pages must outlive the process, so each is written down together with the cursor behind it.
"""

import fcntl
import hashlib
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox

from crawler.contract.clock import Clock
from crawler.contract.struct import Record
from crawler.sqlite_file import open_shared, transaction
from matchers.contract.errors import StoreRefusedError, StoreUnavailableError
from matchers.contract.records import KnownEntry
from matchers.known.remote.errors import AlreadyFetchingError
from matchers.known.remote.port import Page
from matchers.known.rows import BadRow, LeftOut, ListHead, Row, Tombstone

FORMAT: Final = 2

_KINDS: Final[tuple[type[Row], ...]] = (KnownEntry, Tombstone, BadRow, LeftOut, ListHead)
"""A row is written down with its kind's place in here: never reorder, only append."""

_TABLES = """
CREATE TABLE fetches (
    list TEXT PRIMARY KEY,
    cursor TEXT,
    begun_at REAL,
    tried_at REAL,
    done_at REAL,
    not_before REAL NOT NULL DEFAULT 0,
    trouble TEXT,
    proposal INTEGER,
    proposed_cursor TEXT,
    server TEXT
) STRICT;
CREATE TABLE pages (
    list TEXT NOT NULL REFERENCES fetches,
    page INTEGER NOT NULL,
    cursor TEXT NOT NULL,
    last INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (list, page)
) STRICT, WITHOUT ROWID;
"""


class FetchState(Record, frozen=True, kw_only=True):
    """How far a list has come."""

    cursor: str | None = None
    """Everything before it is in the known set."""
    begun_at: float | None = None
    """When the fetch under way began; None when there is none."""
    tried_at: float | None = None
    done_at: float | None = None
    """When a fetch last came to its end."""
    not_before: float = 0.0
    """The provider asked to be left alone until then."""
    trouble: str | None = None
    """Why the last try failed; None when it did not."""
    proposal: int | None = None
    """An import of this list that waits for a second person."""
    proposed_cursor: str | None = None
    """Where the next fetch begins once it is approved."""
    held_pages: int = 0
    held_cursor: str | None = None
    """Behind the last of the held pages."""
    complete: bool = False
    """The held pages are all there are: they wait for being imported."""

    def __repr__(self) -> str:
        return f"FetchState({self.held_pages} pages held)"


class HeldPages:
    """Thread-safe, and shared by any number of processes on one machine, of which one at a time fetches a list.

    Every method raises `StoreUnavailableError` when the file is busy for too long or the disk is full, and
    `StoreRefusedError` when it is of another version or sealed with another key.
    """

    def __init__(self, path: Path, clock: Clock, veil_key: bytes) -> None:
        self._path = path
        self._clock = clock
        self._box = SecretBox(blake2b(b"", key=veil_key, person=b"held pages", encoder=RawEncoder))
        self._lock = threading.Lock()
        with _told_apart(path):
            self._connection = open_shared(path)
        with self._opened() as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
            elif found != FORMAT:
                raise StoreRefusedError(
                    f"{path}: of format {found}; this version reads format {FORMAT}. Move it away: lists are then "
                    "fetched from their beginning."
                )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def state(self, list_name: str) -> FetchState:
        """How far the list has come; a new one has come nowhere."""
        with self._opened(writing=False) as connection:
            found = connection.execute(
                "SELECT cursor, begun_at, tried_at, done_at, not_before, trouble, proposal, proposed_cursor,"
                " (SELECT count(*) FROM pages WHERE pages.list = fetches.list) FROM fetches WHERE list = ?",
                (list_name,),
            ).fetchone()
            if found is None:
                return FetchState()
            behind = connection.execute(
                "SELECT cursor, last FROM pages WHERE list = ? ORDER BY page DESC LIMIT 1", (list_name,)
            ).fetchone()
        held_cursor, last = behind or (None, 0)
        return FetchState(
            cursor=found[0],
            begun_at=found[1],
            tried_at=found[2],
            done_at=found[3],
            not_before=found[4],
            trouble=found[5],
            proposal=found[6],
            proposed_cursor=found[7],
            held_pages=found[8],
            held_cursor=held_cursor,
            complete=bool(last),
        )

    def tried(self, list_name: str, *, server: str | None = None) -> None:
        """A try begins, at that server. The fetch keeps the time of its first one.

        Pages that another server sent are dropped: they would be imported as this one's, which may be trusted more.
        """
        with self._opened() as connection:
            connection.execute(
                "DELETE FROM pages WHERE list = ?1"
                " AND EXISTS (SELECT 1 FROM fetches WHERE list = ?1 AND server IS NOT ?2)",
                (list_name, server),
            )
            connection.execute(
                "INSERT INTO fetches (list, begun_at, tried_at, server) VALUES (?1, ?2, ?2, ?3) ON CONFLICT (list)"
                " DO UPDATE SET tried_at = ?2, begun_at = coalesce(begun_at, ?2), trouble = NULL, server = ?3",
                (list_name, self._clock(), server),
            )

    def failed(self, list_name: str, trouble: str, *, wait_seconds: float = 0.0) -> None:
        """A try has failed. What is held stays."""
        with self._opened() as connection:
            connection.execute(
                "UPDATE fetches SET trouble = ?, not_before = ? WHERE list = ?",
                (trouble, self._clock() + wait_seconds, list_name),
            )

    def hold(self, list_name: str, page: Page) -> None:
        """Keep one more page and the cursor behind it: both durable when this returns, or neither."""
        found = sum(not isinstance(row, ListHead) for row in page.rows)
        packed = zlib.compress(msgspec.msgpack.encode([(_KINDS.index(type(row)), row) for row in page.rows]), 1)
        with self._opened() as connection:
            connection.execute(
                "INSERT INTO pages SELECT ?1, coalesce(max(page), 0) + 1, ?2, ?3, ?4, ?5 FROM pages WHERE list = ?1",
                (list_name, page.cursor, page.last, found, bytes(self._box.encrypt(packed))),
            )

    def rows(self, list_name: str) -> Iterator[Row]:
        """The rows of all held pages in order, one page in memory at a time. Bad rows say which page they stood on."""
        number = 0
        while True:
            with self._opened(writing=False) as connection:
                found = connection.execute(
                    "SELECT page, sealed FROM pages WHERE list = ? AND page > ? ORDER BY page LIMIT 1",
                    (list_name, number),
                ).fetchone()
            if found is None:
                return
            number, sealed = found
            for kind, raw in msgspec.msgpack.decode(self._unsealed(sealed), type=list[tuple[int, msgspec.Raw]]):
                row = msgspec.msgpack.decode(raw, type=_KINDS[kind])
                if isinstance(row, BadRow):
                    row = msgspec.structs.replace(row, reason=f"page {number}: {row.reason}")
                yield row

    def held_rows(self, list_name: str) -> int:
        """How many rows are held that say something of an entry."""
        with self._opened(writing=False) as connection:
            found: int = connection.execute(
                "SELECT coalesce(sum(rows), 0) FROM pages WHERE list = ?", (list_name,)
            ).fetchone()[0]
        return found

    def settle(self, list_name: str, cursor: str | None) -> None:
        """The fetch is done: everything before `cursor` is in the known set. Held pages and a proposal are dropped."""
        self._end(
            list_name,
            "cursor = :cursor, done_at = :now, not_before = 0, proposal = NULL, proposed_cursor = NULL",
            cursor,
        )

    def propose(self, list_name: str, proposal: int, cursor: str | None) -> None:
        """The import waits for a second person, and the cursor with it. Held pages are dropped: the store has them."""
        self._end(
            list_name,
            "proposal = :proposal, proposed_cursor = :cursor, done_at = :now, not_before = 0",
            cursor,
            proposal,
        )

    def drop(self, list_name: str) -> None:
        """Held pages and a proposal are dropped; the next fetch begins at the cursor once more."""
        self._end(list_name, "proposal = NULL, proposed_cursor = NULL")

    def forget(self, list_name: str) -> None:
        """The cursor is dropped, too: the next fetch begins with everything there is."""
        self._end(list_name, "cursor = NULL, proposal = NULL, proposed_cursor = NULL, not_before = 0")

    def _end(self, list_name: str, change: str, cursor: str | None = None, proposal: int | None = None) -> None:
        with self._opened() as connection:
            connection.execute(
                f"UPDATE fetches SET begun_at = NULL, {change} WHERE list = :list",  # noqa: S608 -- texts of this file
                {"list": list_name, "cursor": cursor, "now": self._clock(), "proposal": proposal},
            )
            connection.execute("DELETE FROM pages WHERE list = ?", (list_name,))

    def _unsealed(self, sealed: bytes) -> bytes:
        try:
            return zlib.decompress(self._box.decrypt(sealed))
        except CryptoError:
            raise StoreRefusedError(
                f"{self._path}: pages in here were sealed with another key than keys.veil_key_file holds, or are "
                "damaged. Bring the key back, or fetch the list afresh."
            ) from None

    @contextmanager
    def alone(self, list_name: str) -> Iterator[None]:
        """Nobody else fetches this list meanwhile. Raises `AlreadyFetchingError` when somebody does.

        The lock is the process's: it goes with it, however it ends.
        """
        mark = hashlib.blake2b(list_name.encode("utf-8"), digest_size=8).hexdigest()
        descriptor = os.open(self._path.with_name(f"{self._path.name}-{mark}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyFetchingError(f"{list_name}: is being fetched by another process already.") from None
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _opened(self, *, writing: bool = True) -> Iterator[sqlite3.Connection]:
        with _told_apart(self._path), self._lock, transaction(self._connection, writing=writing) as connection:
            yield connection


@contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(
            f"{path}: fetched pages cannot be kept ({error.sqlite_errorname}). Check disk space and other processes."
        ) from None
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise StoreRefusedError(
            f"{path}: cannot be used ({name}). If it is damaged, move it away: lists are then fetched from their "
            "beginning, and what is there already stays as it is."
        ) from None
    except OSError as error:
        raise StoreRefusedError(f"{path}: cannot be opened ({type(error).__name__}). Check its owner.") from None
