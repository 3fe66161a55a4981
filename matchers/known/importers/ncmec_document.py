"""Follows an XML parser through an answer of NCMEC's hash sharing service and makes rows of its entries.

A document type declaration, which brings entities (and with them documents that grow without end or read files), is
never part of such an answer and is refused before any entity is made.
"""

from typing import Final
from xml.parsers import expat

from matchers.contract.records import Algorithm
from matchers.known.importers.entries import Entries
from matchers.known.importers.hashes import ForeignAlgorithmError, known_algorithm
from matchers.known.importers.reading import Reading
from matchers.known.importers.texts import NO_TIME, UnfitError, fit_text, fit_time
from matchers.known.report import ImportRefusedError
from matchers.known.rows import BadRow, LeftOut, ListHead, Row, Tombstone

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
MAX_DEPTH: Final = 64
MAX_WITHIN: Final = 10_000
"""Elements in one entry: a fiftieth of them is much, even with feedback from every member."""
MAX_NAMES: Final = 10_000
"""Different names in one document, which the parser remembers."""
MAX_FIELD: Final = 4096
"""Characters of one field that are kept; a longer one is none of those that are read."""

_SECTION, _ENTRY, _FIELD, _FINGERPRINT = 2, 3, 4, 5
"""How deep they stand: feedback, deeper, has members and timestamps of its own."""
_KINDS: Final = frozenset({"image", "video", "deletedImage", "deletedVideo"})
_DIGESTS: Final = frozenset({"md5", "sha1", "sha256"})
_OF_A_FILM: Final = LeftOut(reason="a perceptual hash of a film is not matched here")
_OTHER: Final = LeftOut(reason="a fingerprint of a kind that is not known here")
_NO_TIME: Final = LeftOut(reason=NO_TIME)


class NcmecDocument:
    """Feed `parser`, then take the rows with `taken`. Memory: one entry and what one fed chunk holds."""

    def __init__(self, entries: Entries, reading: Reading) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self.reading = reading
        self.number = 0
        """Entries begun."""
        self.elements = 0
        """Begun and ended, and pieces of text between."""
        self.beyond = False
        """Nested deeper, longer or with more names than any list: it would take ever more memory."""
        self._entries = entries
        self._rows: list[Row] = []
        self._depth = self._within = 0
        self._head_told = False
        self._section = self._kind = self._field = self._member = ""
        self._text: list[str] | None = None
        self._length = self._gathered = 0
        self._fields: dict[str, str] = {}
        self._prints: list[tuple[str, str]] = []
        self._begun = {
            1: self._begin_root,
            _SECTION: self._begin_section,
            _ENTRY: self._begin_entry,
            _FIELD: self._begin_field,
            _FINGERPRINT: self._begin_fingerprint,
        }

    def taken(self) -> list[Row]:
        """The rows made since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self._depth += 1
        self._within += 1
        begin = self._begun.get(self._depth)
        if begin is not None:
            begin(name.rpartition(" ")[2] if self._depth > 1 else name, attributes)
        if self._depth > MAX_DEPTH or self._within > MAX_WITHIN or len(self.parser.intern) > MAX_NAMES:
            self.beyond = True

    def _begin_root(self, name: str, _: dict[str, str]) -> None:
        if name not in {f"{NAMESPACE} queryResult", "queryResult"}:
            raise ImportRefusedError(
                "The XML is no answer of NCMEC's hash sharing service, version 2 (queryResult), so nothing was "
                "imported. Is it the right file?"
            )

    def _begin_section(self, name: str, attributes: dict[str, str]) -> None:
        self._section = name
        newest = attributes.get("maxTimestamp")
        if newest and name in {"images", "videos"}:
            try:
                dated = fit_time(newest)
            except UnfitError:
                self._rows.append(_NO_TIME)
                return
            self.reading.told(dated)
            if not self._head_told:
                self._head_told = True
                self._rows.append(ListHead(dated=dated))

    def _begin_entry(self, name: str, _: dict[str, str]) -> None:
        self._within = 0
        self._kind = name if name in _KINDS and self._section in {"images", "videos"} else ""
        if self._kind:
            self.number += 1
            self._fields, self._member, self._prints = {}, "", []
        elif self._section == "paging" and name == "next":
            self._gather()

    def _begin_field(self, name: str, attributes: dict[str, str]) -> None:
        self._field = name
        if name == "member":
            self._member = attributes.get("id", "")
        if name != "fingerprints":
            self._gather()

    def _begin_fingerprint(self, _: str, __: dict[str, str]) -> None:
        if self._field == "fingerprints":
            self._gather()
        else:
            self._text = None

    def _gather(self) -> None:
        self._text = []
        self._length = 0
        self._gathered = self._depth
        self.parser.CharacterDataHandler = self._data

    def _data(self, text: str) -> None:
        self.elements += 1
        if self._text is not None and self._length <= MAX_FIELD:
            self._text.append(text)
            self._length += len(text)

    def _end(self, name: str) -> None:
        self.elements += 1
        depth = self._depth
        self._depth = depth - 1
        if self._text is not None and depth == self._gathered:
            self._keep(depth, name.rpartition(" ")[2], "".join(self._text).strip())
            self._text = None
            self.parser.CharacterDataHandler = None
        if depth == _ENTRY and self._kind:
            try:
                self._rows += self._entry()
            except UnfitError as unfit:
                self._rows.append(BadRow(line=self.number, reason=str(unfit)))

    def _keep(self, depth: int, name: str, text: str) -> None:
        if depth == _FIELD:
            self._fields[name] = text
        elif depth == _FINGERPRINT:
            self._prints.append((name, text))
        elif text and self._length <= MAX_FIELD:
            self.reading.next_page = text
            self.reading.more = True

    def _entry(self) -> list[Row]:
        own, member = self._fields.get("id", "").strip(), self._member.strip()
        list_id = fit_text("id", f"{member}-{own}")
        if not own or not member or list_id is None:
            raise UnfitError("the entry has no id, or no member")
        rows: list[Row] = []
        dated = None
        if time := self._fields.get("timestamp"):
            try:
                dated = fit_time(time)
                self.reading.told(dated)
            except UnfitError:
                rows.append(_NO_TIME)
        if self._kind.startswith("deleted"):
            return [Tombstone(list_id=list_id)]
        if not self._prints:
            raise UnfitError("the entry has no fingerprint")
        hashes, left_out = _sorted(self._prints, film=self._kind == "video")
        source = fit_text("member", self._fields.get("member", "")) or f"member {member}"
        category = fit_text("classification", self._fields.get("classification", ""))
        rows += left_out
        rows += self._entries.rows(self.number, hashes, list_id=list_id, category=category, source=source, dated=dated)
        return rows


def _sorted(prints: list[tuple[str, str]], *, film: bool) -> tuple[list[tuple[Algorithm, str]], list[LeftOut]]:
    """Fingerprints that are matched here, and for each other why it is not."""
    hashes: list[tuple[Algorithm, str]] = []
    left_out: list[LeftOut] = []
    for name, text in prints:
        try:
            algorithm = known_algorithm(name)
        except ForeignAlgorithmError as foreign:
            left_out.append(LeftOut(reason=str(foreign)))
        except UnfitError:
            left_out.append(_OTHER)
        else:
            if film and algorithm not in _DIGESTS:
                left_out.append(_OF_A_FILM)
            else:
                hashes.append((algorithm, text))
    return hashes, left_out


def _refuse_doctype(*_: object) -> None:
    raise ImportRefusedError(
        "The XML declares a document type, which no list does and which can make a parser read files or grow without "
        "end, so nothing was imported. Is it the right file?"
    )
