"""Imports CSV: `algorithm,hash[,category,source,list_id,dated,retracted]`, with or without a header."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from matchers.known.importers.columns import columns_of
from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import ForeignAlgorithmError, fit_hash, known_algorithm
from matchers.known.importers.numbered_lines import numbered_lines
from matchers.known.importers.texts import NO_TIME, UnfitError, fit_text, fit_time
from matchers.known.rows import BadRow, LeftOut, Row, Tombstone

COLUMNS: Final = ("algorithm", "hash", "category", "source", "list_id")
"""The order of the columns when no header gives another."""
NAMED_ONLY: Final = ("dated", "retracted")
"""Columns that only a header brings."""

_TRUE: Final = frozenset({"1", "true", "yes"})
_FALSE: Final = frozenset({"", "0", "false", "no"})


def read_csv(stream: BinaryIO, *, list_name: str, digest_key: bytes) -> Iterator[Row]:
    """One `Row` for each line that is neither blank, a comment (`#`) nor the header; streaming.

    A header names the columns in any order; columns it calls otherwise are passed over. Without one, columns
    beyond the fifth must be empty. Where `list_id` is missing one is made with `digest_key`. A row that says
    `retracted` takes its hash back, or, without one, the whole entry of its `list_id`.
    """
    entries = Entries(list_name, digest_key)
    columns = _Columns(COLUMNS)
    first = True
    for found in numbered_lines(stream):
        if isinstance(found, BadRow):
            yield found
            continue
        line, text = found
        try:
            fields = columns_of(text, ",")
            if first:
                first = False
                names = [field.lower() for field in fields]
                if "algorithm" in names:
                    columns = _Columns(names)
                    continue
            yield from columns.rows(line, fields, entries)
        except ForeignAlgorithmError as foreign:
            yield LeftOut(reason=str(foreign))
        except UnfitError as unfit:
            yield BadRow(line=line, reason=str(unfit))


class _Columns:
    """Where each column stands in a row."""

    def __init__(self, names: Sequence[str]) -> None:
        self._width = len(names)
        places = {name: place for place, name in enumerate(names)}
        self._algorithm, self._hash, self._category, self._source, self._list_id, self._dated, self._retracted = (
            places.get(name, self._width) for name in (*COLUMNS, *NAMED_ONLY)
        )

    def rows(self, line: int, fields: list[str], entries: Entries) -> Sequence[Row]:
        """The rows of a line. Raises `UnfitError`."""
        width = self._width
        if any(fields[width:]):
            raise UnfitError(f"{len(fields)} columns, expected at most {width}")
        # One column more than there are: what is missing from the header or the line is empty there.
        fields[width:] = ()
        fields += [""] * (width + 1 - len(fields))
        list_id = fit_text("list_id", fields[self._list_id])
        retracted = fields[self._retracted].lower()
        if retracted in _TRUE:
            return (_taken_back(fields[self._algorithm], fields[self._hash], list_id, entries),)
        if retracted not in _FALSE:
            raise UnfitError("retracted is neither true nor false")
        algorithm = known_algorithm(fields[self._algorithm])
        dated, undated = None, False
        if time := fields[self._dated]:
            try:
                dated = fit_time(time)
            except UnfitError:
                undated = True
        rows = entries.rows(
            line,
            [(algorithm, fields[self._hash])],
            list_id=list_id,
            category=fit_text("category", fields[self._category]),
            source=fit_text("source", fields[self._source]),
            dated=dated,
        )
        return [*rows, LeftOut(reason=NO_TIME)] if undated else rows


def _taken_back(name: str, text: str, list_id: str | None, entries: Entries) -> Tombstone:
    if list_id and not text:
        return Tombstone(list_id=list_id)
    algorithm = known_algorithm(name)
    value = fit_hash(algorithm, text)
    return Tombstone(list_id=list_id or entries.made_id(algorithm, value), algorithm=algorithm, value=value)
