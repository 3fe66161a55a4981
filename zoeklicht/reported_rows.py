"""Reported addresses from a CSV file, as hotlines exchange them by mail."""

import csv
from pathlib import Path
from typing import Self

import click
import msgspec

from crawler.contract.struct import Record

_COLUMNS = ("url", "reference", "referrer", "cookie", "user", "password", "note")


class ReportedRow(Record, frozen=True, kw_only=True):
    """One reported address, with what the report states about seeing it."""

    url: str
    reference: str
    referrer: str | None = None
    cookie: str | None = None
    user: str | None = None
    password: str | None = None
    note: str | None = None

    def __repr__(self) -> str:
        return f"ReportedRow(of report {self.reference!r})"

    def with_url(self, url: str) -> Self:
        """The same for another address."""
        return msgspec.structs.replace(self, url=url)


def rows_of(path: Path, given: ReportedRow) -> list[ReportedRow]:
    """The rows of a CSV file (comma or semicolon, UTF-8, a header row); `given` stands in for what a row leaves out.

    Other columns are left alone, so that nothing about the person who reported comes in by accident. Raises
    `ClickException` when the file cannot be read or has no column `url`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read ({type(error).__name__}).") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{path} is no text in UTF-8.") from None
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    names = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    if "url" not in names:
        raise click.ClickException(f"{path} has no column `url` in its first row.")
    rows = []
    try:
        for row in reader:
            said = {key: (row.get(names[key]) or "").strip() for key in _COLUMNS if key in names}
            known = {key: value for key, value in said.items() if value}
            if "url" in known:
                rows.append(msgspec.structs.replace(given, **known))
    except csv.Error:
        raise click.ClickException(f"{path} is no CSV file.") from None
    return rows
