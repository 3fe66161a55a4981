"""Reads the hand-made lists beside the tests, and tells what became of them."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from matchers.contract.records import Algorithm, KnownEntry
from matchers.known.importers import ListFormat, Reading, read_list
from matchers.known.rows import BadRow, LeftOut, Row
from tests.pictures_seen import DIGEST_KEY

FILES = Path(__file__).parent / "files"
LIST = "a list"


def rows_of(content: bytes, *, format: ListFormat | None = None, reading: Reading | None = None) -> list[Row]:  # noqa: A002
    return list(read_list(io.BytesIO(content), list_name=LIST, digest_key=DIGEST_KEY, format=format, reading=reading))


def rows_of_file(name: str, *, reading: Reading | None = None) -> list[Row]:
    return rows_of((FILES / name).read_bytes(), reading=reading)


def made_up(name: str, algorithm: Algorithm) -> str:
    """The hash that the files have for the picture called `name`."""
    kind, text = ("sha256", f"looks of {name}") if algorithm == "pdq" else (algorithm, name)
    return hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()


def entry(
    name: str, algorithm: Algorithm, list_id: str, *, category: str | None = None, source: str | None = None
) -> KnownEntry:
    return KnownEntry(
        algorithm=algorithm,
        value=made_up(name, algorithm),
        list=LIST,
        list_id=list_id,
        category=category,
        source=source,
    )


def undated(rows: Iterable[Row]) -> list[KnownEntry]:
    """The entries, as `entry` makes them."""
    return [entry_without_date(row) for row in rows if isinstance(row, KnownEntry)]


def entry_without_date(row: KnownEntry) -> KnownEntry:
    return KnownEntry(
        algorithm=row.algorithm,
        value=row.value,
        list=row.list,
        list_id=row.list_id,
        category=row.category,
        source=row.source,
    )


def bad(rows: Iterable[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, BadRow)]


def left_out(rows: Iterable[Row]) -> Sequence[str]:
    return sorted(row.reason for row in rows if isinstance(row, LeftOut))
