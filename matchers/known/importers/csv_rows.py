"""Imports CSV: `algorithm,hash[,category,source,list_id]`, with or without a header that names the columns."""

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from matchers.contract.records import KnownEntry
from matchers.known.importers.hashes import UnfitHashError, fit_hash, known_algorithm, made_list_id
from matchers.known.importers.numbered_lines import numbered_lines
from matchers.known.rows import BadRow, Row

COLUMNS: Final = ("algorithm", "hash", "category", "source", "list_id")
"""The order of the columns when no header gives another."""

MAX_TEXT = 200
"""Characters that `category`, `source` and `list_id` may have."""


def read_csv(stream: BinaryIO, *, list_name: str, digest_key: bytes) -> Iterator[Row]:
    """One `Row` for each line that is neither blank, a comment (`#`) nor the header; streaming.

    A header names the columns in any order; columns it calls otherwise are passed over. Without one, columns
    beyond the fifth must be empty. A quoted field ends on its own line: a stray quote then costs one row, not
    all rows up to the next quote. Where `list_id` is missing one is made with `digest_key`.
    """
    columns: Sequence[str] = COLUMNS
    first = True
    for found in numbered_lines(stream):
        if isinstance(found, BadRow):
            yield found
            continue
        line, text = found
        try:
            fields = [field.strip() for field in next(csv.reader([text], strict=True, skipinitialspace=True))]
            if first and "algorithm" in (names := [field.lower() for field in fields]):
                columns, first = names, False
                continue
            first = False
            yield _entry(_named(columns, fields), list_name, digest_key)
        except csv.Error:
            yield BadRow(line=line, reason="the quotes do not match")
        except UnfitHashError as unfit:
            yield BadRow(line=line, reason=str(unfit))


def _named(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    if any(fields[len(columns) :]):
        raise UnfitHashError(f"{len(fields)} columns, expected at most {len(columns)}")
    return dict(zip(columns, fields, strict=False))


def _entry(row: dict[str, str], list_name: str, digest_key: bytes) -> KnownEntry:
    algorithm = known_algorithm(row.get("algorithm", ""))
    value = fit_hash(algorithm, row.get("hash", ""))
    for column in ("category", "source", "list_id"):
        if len(row.get(column, "")) > MAX_TEXT:
            raise UnfitHashError(f"{column} is longer than {MAX_TEXT} characters")
    return KnownEntry(
        algorithm=algorithm,
        value=value,
        list=list_name,
        list_id=row.get("list_id") or made_list_id(digest_key, list_name, algorithm, value),
        category=row.get("category") or None,
        source=row.get("source") or None,
    )
