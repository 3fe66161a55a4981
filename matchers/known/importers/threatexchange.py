"""Imports JSON as Meta's ThreatExchange and the exchanges shaped like it give it out, a page or a whole list.

Two shapes: `hashRecords[]` (lastModtimestamp, signalType, hashValue, hashStatus), and the Graph API's `data[]` of
`/threat_updates` (id, type, indicator, last_updated, should_delete, descriptors). Source: the clients in the public
repository facebook/ThreatExchange.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import ForeignAlgorithmError, fit_hash, known_algorithm
from matchers.known.importers.json_guard import BrokenOffError, GuardedJson, broken_off, events
from matchers.known.importers.reading import Reading
from matchers.known.importers.texts import NO_TIME, UnfitError, fit_seconds, fit_text, fit_time
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, Row, Tombstone

_RECORDS: Final = {
    f"{prefix}.{name}": key
    for prefix, names in (
        ("hashRecords.item", {"signalType": "type", "hashValue": "hash", "hashStatus": "status", "id": "id"}),
        ("hashRecords.item", {"lastModtimestamp": "time"}),
        ("data.item", {"type": "type", "indicator": "hash", "last_updated": "time", "id": "id"}),
        ("data.item", {"should_delete": "delete"}),
    )
    for name, key in names.items()
}
_ITEMS: Final = frozenset({"hashRecords.item", "data.item"})
_PAGING: Final = {
    "nextPageToken": "next",
    "paging.next": "next",
    "hasMoreRecords": "more",
    "nextSetTimestamp": "newest",
}
_OPINION: Final = "data.item.descriptors.data.item.status"
_SCALARS: Final = frozenset({"string", "number", "boolean"})
_WITHIN: Final = frozenset({"map_key", "end_array"})
"""Events that bear a record's path and are not its value's begin or end: it was counted, or will be."""
_ADULTS: Final = re.compile(r"\b(?:stop)?ncii\b", re.IGNORECASE)
_UNNAMED: Final = frozenset({"paging.previous", "paging.cursors.before", "paging.cursors.after"})
"""Texts of chance letters: what they seem to say means nothing."""
_STANDING: Final = frozenset({"active", "received"})
_GONE: Final = frozenset({"withdrawn", "deleted"})
_HARMLESS: Final = LeftOut(reason="everybody who describes it calls it harmless")
_UNKNOWN: Final = LeftOut(reason="its status is unknown")
_NO_TIME: Final = LeftOut(reason=NO_TIME)


def read_threatexchange(
    stream: BinaryIO, *, list_name: str, digest_key: bytes, reading: Reading | None = None
) -> Iterator[Row]:
    """A row for each record; streaming. `hashStatus` Withdrawn or Deleted and `should_delete` become tombstones.

    Records of `hashRecords` have no name unless they bring an `id`: one is made of the hash, for the tombstone too.
    Left out and counted: other signal types, records whose status is unknown, and those that every descriptor calls
    harmless. Passed over: case numbers, feedback, tags. `reading` is told of the next page and of the newest change.
    Rows that could not be read bear the record's number. Raises `ImportRefusedError` when the file says of itself that
    it is a list of adults' pictures (StopNCII): that is another regime than this set's.
    """
    guard = GuardedJson(stream)
    records = _Records(Entries(list_name, digest_key), reading or Reading())
    # The events of one record, gathered by the names above.
    record: dict[str, Any] = {}
    opinions: set[str] = set()
    number = 0
    try:
        for path, event, value in events(guard):
            key = _RECORDS.get(path)
            if key is not None:
                record[key] = value if event in _SCALARS else None
            elif path in _ITEMS:
                if event == "start_map":
                    record, opinions = {}, set()
                elif event not in _WITHIN:
                    number += 1
                    guard.begin_item()
                    yield from records.rows(number, record if event == "end_map" else None, opinions)
            elif path == _OPINION:
                opinions.add(str(value).upper())
            elif event in _SCALARS:
                records.told(path, value)
        records.reading.complete = True
    except BrokenOffError as broken:
        yield broken_off(number + 1, broken)


class _Records:
    def __init__(self, entries: Entries, reading: Reading) -> None:
        self._entries = entries
        self.reading = reading

    # Values are JSON's: text, number or boolean.
    def told(self, path: str, value: Any) -> None:
        """Something the file says beside its records; what is of the wrong kind says nothing.

        Raises `ImportRefusedError` when it names another regime.
        """
        key = _PAGING.get(path)
        if key == "next":
            self.reading.next_page = value if isinstance(value, str) and value else None
        elif key == "more":
            self.reading.more = value is True
        elif key == "newest":
            if (time := _time(value)) is not None:
                self.reading.told(time)
        elif isinstance(value, str) and path not in _UNNAMED and _ADULTS.search(value):
            raise ImportRefusedError(
                "The file says that it is a list of adults' pictures (NCII). Such lists are of another legal regime "
                "and are not matched here; nothing was imported."
            )

    def rows(self, number: int, record: dict[str, Any] | None, opinions: set[str]) -> Sequence[Row]:
        """The rows of one record; None for something that is no object."""
        if record is None:
            return (BadRow(line=number, reason="the record is no object"),)
        try:
            return self._rows(number, record, opinions)
        except ForeignAlgorithmError as foreign:
            return (LeftOut(reason=str(foreign)),)
        except UnfitError as unfit:
            return (BadRow(line=number, reason=str(unfit)),)

    def _rows(self, number: int, record: dict[str, Any], opinions: set[str]) -> Sequence[Row]:
        list_id = _id(record.get("id"))
        dated = _time(record.get("time"))
        if dated is not None:
            self.reading.told(dated)
        gone = _gone(record)
        if gone and list_id and not record.get("hash"):
            return (Tombstone(list_id=list_id),)
        algorithm = known_algorithm(_text("the signal type", record.get("type")))
        text = _text("the hash", record.get("hash"))
        if gone:
            value = fit_hash(algorithm, text)
            list_id = list_id or self._entries.made_id(algorithm, value)
            return (Tombstone(list_id=list_id, algorithm=algorithm, value=value),)
        if gone is None:
            return (_UNKNOWN,)
        if opinions == {"NON_MALICIOUS"}:
            return (_HARMLESS,)
        rows = self._entries.rows(number, ((algorithm, text),), list_id=list_id, dated=dated)
        return [*rows, _NO_TIME] if dated is None and record.get("time") is not None else rows


def _gone(record: dict[str, Any]) -> bool | None:
    """Whether the list takes the record back; None when it says that it does not know. Raises `UnfitError`."""
    delete = record.get("delete")
    if delete in (True, "true", "True", 1):
        return True
    if delete not in (None, False, "false", "False", 0):
        raise UnfitError("should_delete is neither true nor false")
    status = record.get("status")
    if status is None:
        return False
    named = _text("hashStatus", status).strip().lower()
    if named in _GONE:
        return True
    if named in _STANDING:
        return False
    if named == "unknown":
        return None
    raise UnfitError("hashStatus is none of Active, Received, Withdrawn, Deleted, Unknown")


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise UnfitError(f"{name} is missing" if value is None else f"{name} is no text")


def _id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if value is None else fit_text("id", _text("id", value))


def _time(value: Any) -> datetime | None:
    """Seconds since 1970 as number or text, or ISO 8601; None for what is none of them."""
    try:
        if isinstance(value, str):
            return fit_seconds(int(value)) if value.isdecimal() else fit_time(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return fit_seconds(value)
    except (UnfitError, ValueError):
        pass
    return None
