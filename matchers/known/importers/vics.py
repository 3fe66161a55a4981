"""Imports VICS JSON, data models 1.3 and 2.0: Project VIC's lists, CAID's UK profile, and exports of whole cases.

Source: the Video Image Classification Standard's data models as public tools read them. Its categories mean different
things in different countries, so they are kept as they stand; what they mean is the operator's mapping.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from matchers.contract.records import Algorithm
from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import ForeignAlgorithmError, known_algorithm
from matchers.known.importers.json_guard import BrokenOffError, GuardedJson, broken_off, items
from matchers.known.importers.peeking import peek
from matchers.known.importers.reading import Reading
from matchers.known.importers.texts import NO_TIME, UnfitError, fit_text, fit_time
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, Row

UNCATEGORISED: Final = "0"
"""VICS's own word for it; a file without a category gets it too, so that the operator's mapping is asked for it."""

_MODEL: Final = re.compile(rb"DataModels(?:\\?/)+(\d+\.\d+)\.xml[^\"\s]{0,100}#(\w+)")
_READ: Final = (b"1.3", b"2.0")
_DIGESTS: Final[tuple[tuple[str, Algorithm], ...]] = (
    ("MD5", "md5"),
    ("SHA1", "sha1"),
    ("SHA256", "sha256"),
    ("PDQ", "pdq"),
)
_NAMES: Final = (
    *(name for name, _ in _DIGESTS),
    *("MediaID", "Category", "DateUpdated", "AlternativeHashes", "PhotoDNA", "Media"),
)
_BY_LOWER: Final = {name.lower(): name for name in _NAMES}
_SPELT: Final = frozenset(_NAMES) | frozenset(
    "MediaSize Series VictimIdentified OffenderIdentified IsDistributed IsSuspected SelfGenerated Tags Comments "
    "MimeType MediaFiles IsPrecategorized RelativeFilePath Exifs".split()
)
_PHOTODNA: Final = LeftOut(reason="photodna is not matched here")
_NO_TIME: Final = LeftOut(reason=NO_TIME)


def read_vics(stream: BinaryIO, *, list_name: str, digest_key: bytes, reading: Reading | None = None) -> Iterator[Row]:
    """An entry for each MD5, SHA-1, and SHA-256 or PDQ among `AlternativeHashes`, of each media item; streaming.

    `MediaID` names an item's entries, in a list. In an export of cases each case has its own numbers, so the name is
    made of the first hash there. Left out and counted: PhotoDNA and other algorithms. Passed over: all that is about
    victims, offenders, series and files' names; totals; `IsPrecategorized`; and every other flag.
    Rows that could not be read bear the item's number. Where the document is no JSON any more, what came before
    stands and one `BadRow` tells where it broke off. Raises `ImportRefusedError` for another data model.
    """
    head, stream = peek(stream)
    model = _MODEL.search(head)
    if model is not None and model[1] not in _READ:
        raise ImportRefusedError(
            "The file is VICS of another data model than 1.3 and 2.0, so nothing was imported. (Lists of harmless "
            "files, as the NSRL gives out, come in model 1.2: they must not be matched.)"
        )
    cases = model is not None and model[2].lower() == b"cases"
    reader = _Items(Entries(list_name, digest_key), named=not cases)
    guard = GuardedJson(stream)
    number = 0
    try:
        for item in items(guard, "value.item.Media.item" if cases else "value.item"):
            number += 1
            yield from reader.rows(number, item)
        if reading is not None:
            reading.complete = True
    except BrokenOffError as broken:
        yield broken_off(number + 1, broken)


class _Items:
    def __init__(self, entries: Entries, *, named: bool) -> None:
        self._entries = entries
        self._named = named

    # An item is whatever JSON stands there.
    def rows(self, number: int, item: Any, *, inside: bool = False) -> Sequence[Row]:
        if not isinstance(item, dict):
            return [BadRow(line=number, reason="the item is no object")]
        if not item.keys() <= _SPELT:
            item = {_BY_LOWER.get(name.lower(), name): value for name, value in item.items()}
        nested = item.get("Media")
        if isinstance(nested, list) and not inside:
            # A case in a file that does not say that it holds cases.
            self._named = False
            return [row for each in nested for row in self.rows(number, each, inside=True)]
        try:
            return self._rows(number, item)
        except UnfitError as unfit:
            return [BadRow(line=number, reason=str(unfit))]

    def _rows(self, number: int, item: Mapping[str, Any]) -> list[Row]:
        hashes: list[tuple[Algorithm, str]] = []
        rows: list[Row] = []
        for name, algorithm in _DIGESTS:
            if value := item.get(name):
                hashes.append((algorithm, _text(name, value)))
        if item.get("PhotoDNA"):
            rows.append(_PHOTODNA)
        if others := item.get("AlternativeHashes"):
            _add_alternatives(number, others, hashes, rows)
        if not hashes and not rows:
            raise UnfitError("the item has no hash")
        dated = None
        if time := item.get("DateUpdated"):
            try:
                dated = fit_time(_text("DateUpdated", time))
            except UnfitError:
                rows.append(_NO_TIME)
        list_id = _name("MediaID", item.get("MediaID")) if self._named else None
        category = _name("Category", item.get("Category")) or UNCATEGORISED
        rows += self._entries.rows(number, hashes, list_id=list_id, category=category, dated=dated)
        return rows


def _add_alternatives(number: int, others: Any, hashes: list[tuple[Algorithm, str]], rows: list[Row]) -> None:
    """Add what `AlternativeHashes` holds; what is wrong there costs only itself."""
    if not isinstance(others, list):
        rows.append(BadRow(line=number, reason="AlternativeHashes is no list"))
        return
    for each in others:
        try:
            pair = _alternative(each)
            if pair is not None and pair not in hashes:
                hashes.append(pair)
        except ForeignAlgorithmError as foreign:
            rows.append(LeftOut(reason=str(foreign)))
        except UnfitError as unfit:
            rows.append(BadRow(line=number, reason=str(unfit)))


def _alternative(each: Any) -> tuple[Algorithm, str] | None:
    if not isinstance(each, dict):
        raise UnfitError("an alternative hash is no object")
    fields = {name.lower(): value for name, value in each.items()}
    value = fields.get("hashvalue")
    if not value:
        return None
    algorithm = known_algorithm(_text("HashName", fields.get("hashname") or ""))
    return algorithm, _text("HashValue", value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise UnfitError(f"{name} is no text")


def _name(name: str, value: Any) -> str | None:
    """A number or a text as text; None for what is missing."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return fit_text(name, _text(name, value))
