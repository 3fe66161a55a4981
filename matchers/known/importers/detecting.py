"""Tells a list's format by its content, never by its name, and reads it with the importer for that format."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Literal, assert_never, get_args

from matchers.contract.records import Algorithm
from matchers.known.importers.csv_rows import read_csv
from matchers.known.importers.gzipped import MAGIC, unpacked
from matchers.known.importers.icse import is_icse_header, read_icse
from matchers.known.importers.lines import read_lines
from matchers.known.importers.ncmec import read_ncmec
from matchers.known.importers.peeking import peek
from matchers.known.importers.reading import Reading
from matchers.known.importers.threatexchange import read_threatexchange
from matchers.known.importers.vics import read_vics
from matchers.known.report import ImportRefusedError
from matchers.known.rows import Row

ListFormat = Literal["csv", "lines", "vics", "icse", "ncmec", "threatexchange"]

_THREATEXCHANGE: Final = re.compile(rb'"hashRecords"|"indicator"|"data"\s*:\s*\[')
_ODATA: Final = re.compile(rb'"@?odata\.(?:metadata|context)"')
_VICS: Final = re.compile(rb'"(?:value|MediaID)"')
_HASH: Final = re.compile(rb"\s*[0-9A-Fa-f]{16,64}\s*")


def read_list(
    stream: BinaryIO,
    *,
    list_name: str,
    digest_key: bytes,
    format: ListFormat | None = None,  # noqa: A002 - the word that users know it by
    algorithm: Algorithm | None = None,
    reading: Reading | None = None,
) -> Iterator[Row]:
    """The rows of a list in any format that is read here, gzipped or not; streaming, in bounded memory.

    Without `format` it is told by the content. `algorithm` is that of a file with one hash a line and goes with no
    other. Nothing is read before the first row is asked for: until then a signature over the stream can be checked.
    Raises `ImportRefusedError` with the rows when the file is in no such format.
    """
    head, opened = _opened(stream)
    if format is None:
        format = "lines" if algorithm is not None and _is_text(head) else _format(head)  # noqa: A001
    if algorithm is not None and format != "lines":
        raise ImportRefusedError(
            f"An algorithm was given, but the file is {format}, which names its own; nothing was imported. Leave the "
            "algorithm away."
        )
    reading = reading or Reading()
    match format:
        case "csv":
            yield from read_csv(opened, list_name=list_name, digest_key=digest_key)
            reading.complete = True
        case "lines":
            yield from read_lines(opened, list_name=list_name, digest_key=digest_key, algorithm=algorithm)
            reading.complete = True
        case "icse":
            yield from read_icse(opened, list_name=list_name, digest_key=digest_key)
            reading.complete = True
        case "vics":
            yield from read_vics(opened, list_name=list_name, digest_key=digest_key, reading=reading)
        case "ncmec":
            yield from read_ncmec(opened, list_name=list_name, digest_key=digest_key, reading=reading)
        case "threatexchange":
            yield from read_threatexchange(opened, list_name=list_name, digest_key=digest_key, reading=reading)
        case _:
            assert_never(format)


def detect(stream: BinaryIO) -> ListFormat:
    """The format of what the stream holds, by its first 64 kB, which are used up. Raises `ImportRefusedError`."""
    return _format(_opened(stream)[0])


def _opened(stream: BinaryIO) -> tuple[bytes, io.BufferedReader]:
    head, whole = peek(stream)
    if head.startswith(MAGIC):
        # The BufferedReader of `peek` is a BinaryIO in all but its type.
        return peek(unpacked(whole))
    return head, whole


def _format(head: bytes) -> ListFormat:
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"{"):
        if _ODATA.search(text):
            return "vics"
        if _THREATEXCHANGE.search(text):
            return "threatexchange"
        if _VICS.search(text):
            return "vics"
    elif text.startswith(b"<"):
        if b"queryResult" in text:
            return "ncmec"
    elif _is_text(head) and (found := _of_lines(text)) is not None:
        return found
    raise ImportRefusedError(_unknown(head))


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and not head.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"<"))


def _of_lines(text: bytes) -> ListFormat | None:
    """What the lines of the head look like; the last may be cut."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    if not lines:
        return None
    names = lines[0].decode("ascii", "replace").lower().replace('"', "").split(";")
    if is_icse_header([name.strip() for name in names]):
        return "icse"
    if any(b"," in line for line in lines):
        return "csv"
    if any(_HASH.fullmatch(line) for line in lines):
        return "lines"
    return None


def _unknown(head: bytes) -> str:
    advice = f"Read are: {', '.join(get_args(ListFormat))}, each also gzipped. See docs/lists.md."
    if not head.strip():
        return "The file is empty, so nothing was imported."
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return f"The file is UTF-16 text, so nothing was imported: save it as UTF-8. {advice}"
    if head.startswith(b"PK\x03\x04"):
        return f"The file is a zip archive, so nothing was imported: unpack it and import what it holds. {advice}"
    return f"The file is in no format that is known here, so nothing was imported. {advice}"
