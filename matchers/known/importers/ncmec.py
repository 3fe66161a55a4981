"""Imports XML of NCMEC's hash sharing service, version 2: a page of it or a file of many.

Source: the public client in facebook/ThreatExchange and the service's documentation of the format.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from matchers.known.importers.entries import Entries
from matchers.known.importers.ncmec_document import NcmecDocument
from matchers.known.importers.reading import Reading
from matchers.known.rows import BadRow, Row

MAX_GAP_BYTES: Final = 4 * 1024 * 1024
"""A longer stretch without an element ends the reading: the parser keeps a tag whole."""

_CHUNK: Final = 65_536
_CUT_SHORT: Final = "the XML document ends before it is complete: the file is cut short"
_NO_XML: Final = "from here on this is no XML: nothing after this entry was read"
_BEYOND: Final = "nested or stretched beyond any list: nothing after this entry was read"


def read_ncmec(stream: BinaryIO, *, list_name: str, digest_key: bytes, reading: Reading | None = None) -> Iterator[Row]:
    """An entry for each md5, sha1 and pdq of each image, and each digest of each video; streaming.

    An entry is called `member-id`, since ids are each member's own; the member is its source, the classification its
    category. `deletedImage` and `deletedVideo` become tombstones of the whole entry. Left out and counted: PhotoDNA and
    every other fingerprint. Passed over: feedback. The first `maxTimestamp` is the list's date; `reading` is told of
    `paging/next` and of the newest. Rows that could not be read bear the entry's number; where the document is no XML
    any more, what came before stands and one `BadRow` tells where it broke off.
    Raises `ImportRefusedError` for a document type declaration and for XML that is not of this service's version 2.
    """
    document = NcmecDocument(Entries(list_name, digest_key), reading or Reading())
    gap, ended = 0, False
    while not ended:
        chunk = stream.read(_CHUNK)
        ended = not chunk
        before = document.elements
        broken = None
        try:
            document.parser.Parse(chunk, ended)
        except (expat.ExpatError, ValueError, LookupError):
            # A LookupError is an encoding that Python does not know.
            broken = _CUT_SHORT if ended else _NO_XML
        yield from document.taken()
        gap = 0 if document.elements > before else gap + len(chunk)
        if document.beyond or gap > MAX_GAP_BYTES:
            broken = broken or _BEYOND
        if broken:
            yield BadRow(line=document.number + 1, reason=broken)
            return
    document.reading.complete = True
