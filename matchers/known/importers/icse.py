"""Imports the CSV that Interpol's ICSE database gives out: semicolons, a header, one file a row with its hashes."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from matchers.contract.records import Algorithm
from matchers.known.importers.columns import columns_of
from matchers.known.importers.entries import Entries
from matchers.known.importers.numbered_lines import numbered_lines
from matchers.known.importers.texts import UnfitError, fit_text
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, Row

_HASHES: Final[dict[str, Algorithm]] = {"md5": "md5", "sha1": "sha1"}
_FOREIGN: Final = ("zz40", "photodna", "lace")
_MEDIA: Final = ("image", "picture", "photo", "video", "film", "movie", "other", "unknown")


def is_icse_header(names: Sequence[str]) -> bool:
    """Whether these columns, in lower case, are an ICSE file's."""
    return "image id" in names and ("md5" in names or "sha1" in names)


def read_icse(stream: BinaryIO, *, list_name: str, digest_key: bytes) -> Iterator[Row]:
    """An entry for each MD5 and SHA-1; `Image ID` names it, `Baseline` is its category. Streaming.

    Left out and counted: ZZ40, PhotoDNA and Lace. Passed over: everything about victims, offenders, series,
    investigations and agencies, which is nobody's business here. A row may have columns beyond the header's, as real
    files do, as long as it is clear that they do not push the others aside. Raises `ImportRefusedError` when the first
    row is no header of this format.
    """
    entries = Entries(list_name, digest_key)
    row: _Row | None = None
    for found in numbered_lines(stream, any_encoding=True):
        if isinstance(found, BadRow):
            yield found
            continue
        line, text = found
        try:
            fields = columns_of(text, ";")
            if row is None:
                row = _Row([field.lower() for field in fields])
                continue
            yield from row.rows(line, fields, entries)
        except UnfitError as unfit:
            yield BadRow(line=line, reason=str(unfit))
    if row is None:
        raise ImportRefusedError("The file holds no ICSE rows, so nothing was imported. Is it the right file?")


class _Row:
    """Where each column stands in a row."""

    def __init__(self, names: Sequence[str]) -> None:
        if not is_icse_header(names):
            raise ImportRefusedError(
                "The first row does not name the columns of an ICSE file (MD5;SHA1;…;Image ID;…), so nothing was "
                "imported. Export the list with its header."
            )
        self._width = len(names)
        places = {name: place for place, name in enumerate(names)}
        self._hashes = [(algorithm, places[name]) for name, algorithm in _HASHES.items() if name in places]
        self._foreign = [
            (places[name], LeftOut(reason=f"{name} is not matched here")) for name in _FOREIGN if name in places
        ]
        self._id = places["image id"]
        self._baseline = places.get("baseline", self._width)
        self._media = places.get("media type", self._width)

    def rows(self, line: int, fields: list[str], entries: Entries) -> Sequence[Row]:
        """The rows of a line. Raises `UnfitError`."""
        width = self._width
        if any(fields[width:]) and not fields[min(self._media, width)].lower().startswith(_MEDIA):
            # An unquoted semicolon in a name pushes the columns after it aside; Baseline would be another's.
            raise UnfitError("more columns than the header names, and those it names are not in their places")
        fields[width:] = ()
        fields += [""] * (width + 1 - len(fields))
        hashes = [(algorithm, fields[place]) for algorithm, place in self._hashes if fields[place]]
        rows: list[Row] = [left for place, left in self._foreign if fields[place]]
        if not hashes and not rows:
            raise UnfitError("the hash is missing")
        list_id = fit_text("Image ID", fields[self._id])
        category = fit_text("Baseline", fields[self._baseline])
        rows += entries.rows(line, hashes, list_id=list_id, category=category)
        return rows
