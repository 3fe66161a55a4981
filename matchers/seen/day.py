"""One day's file of what was seen: blocks are appended, read and moved on in it."""

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from crawler.sqlite_file import transaction
from matchers.seen.block import Block
from matchers.seen.schema import connect, told_apart
from matchers.seen.stretch import Cells

_KEEP_HASHES: Final = f"INSERT INTO hashes VALUES (?{', ?' * len(Cells._fields)})"  # noqa: S608 - nothing but marks
_NO_CELLS: Final = Cells(*[b""] * len(Cells._fields))


class DayFile:
    """Thread-safe, and shared by any number of processes on one machine. Raises the store's errors."""

    def __init__(self, path: Path, fingerprint: bytes) -> None:
        self.path = path
        self.day = path.stem
        self._lock = threading.Lock()
        self._connection = connect(path, fingerprint)

    def append(self, cells: Cells, packed: bytes, *, pictures: int, last_at: datetime, version: int) -> None:
        """Keep a block; durable when this returns."""
        with self._transaction() as connection:
            block = connection.execute(
                "INSERT INTO blocks (pictures, views, last_at, version) VALUES (?, ?, ?, ?)",
                (pictures, len(cells.upright_kinds) + len(cells.turned_kinds), int(last_at.timestamp()), version),
            ).lastrowid
            connection.execute(_KEEP_HASHES, (block, *cells))
            connection.execute("INSERT INTO pictures (block, packed) VALUES (?, ?)", (block, packed))

    def blocks(self, versions: range | None) -> list[Block]:
        """The blocks, oldest first: those whose pictures were matched up to one of these versions, or all."""
        query = "SELECT block, pictures, views, last_at, version FROM blocks"
        if versions is None:
            rows = self._read(f"{query} ORDER BY block", ())
        else:
            bounds = (versions.start, versions.stop)
            rows = self._read(f"{query} WHERE version >= ? AND version < ? ORDER BY block", bounds)
        return [
            Block(
                day=self.day,
                number=number,
                pictures=pictures,
                views=views,
                last_at=datetime.fromtimestamp(last_at, UTC),
                version=version,
            )
            for number, pictures, views, last_at, version in rows
        ]

    def cells(self, numbers: Sequence[int], wanted: Collection[str]) -> Iterator[tuple[int, Cells]]:
        """Of each of these blocks its number and the `wanted` cells (names of `Cells`); the others are empty."""
        names = [name for name in Cells._fields if name in wanted]
        rows = self._read(
            f"SELECT block, {', '.join(names)} FROM hashes "  # noqa: S608 - names of our own fields
            "WHERE block IN (SELECT value FROM json_each(?)) ORDER BY block",
            (_json(numbers),),
        )
        for row in rows:
            yield row[0], _NO_CELLS._replace(**dict(zip(names, row[1:], strict=True)))

    def packed(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """What is known of these blocks' pictures."""
        return dict(
            self._read(
                "SELECT block, packed FROM pictures WHERE block IN (SELECT value FROM json_each(?))", (_json(numbers),)
            )
        )

    def versions(self, behind: int) -> set[int]:
        """With which versions before `behind` there are blocks that were matched with no later one."""
        return {row[0] for row in self._read("SELECT DISTINCT version FROM blocks WHERE version < ?", (behind,))}

    def mark(self, numbers: Sequence[int], version: int) -> None:
        """These blocks' pictures are matched up to `version`; durable when this returns. It never goes back."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE blocks SET version = ?1 WHERE version < ?1 AND block IN (SELECT value FROM json_each(?2))",
                (version, _json(numbers)),
            )

    def set_back(self, version: int) -> int:
        """What was matched beyond `version` counts as matched up to it only; how many pictures that are. Durable."""
        with self._transaction() as connection:
            ((pictures,),) = connection.execute(
                "SELECT coalesce(sum(pictures), 0) FROM blocks WHERE version > ?", (version,)
            ).fetchall()
            connection.execute("UPDATE blocks SET version = ?1 WHERE version > ?1", (version,))
        return int(pictures)

    def counts(self, behind: int) -> tuple[int, int]:
        """How many pictures there are, and how many of them were matched with a version before `behind` only."""
        ((pictures, late),) = self._read(
            "SELECT coalesce(sum(pictures), 0), coalesce(sum(pictures) FILTER (WHERE version < ?), 0) FROM blocks",
            (behind,),
        )
        return pictures, late

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    # Any: SQLite's rows, taken apart by those who asked.
    def _read(self, query: str, values: tuple[int | str, ...]) -> list[tuple[Any, ...]]:
        with told_apart(self.path), self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with told_apart(self.path), self._lock, transaction(self._connection) as connection:
            yield connection


def _json(numbers: Sequence[int]) -> str:
    return msgspec.json.encode(numbers).decode()
