"""Pictures that stand in a page as `data:` addresses (RFC 2397): told from other data, and decoded. Nothing raises."""

import re
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import unquote_to_bytes

from crawler.contract.pages import EmbeddedPicture
from spiders.addresses import is_data
from spiders.scripts import data_pictures

MOST_PICTURES = 2_000
"""Of one page. Those beyond come back from `links` as `data:`, to be counted."""

_NESTING = 2
"""A drawing (SVG) may hold pictures, and drawings that do."""
_BASE64 = re.compile(r";\s*+base64\s*+$", re.IGNORECASE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_LONGEST_TYPE = 200
_SHORTEST = len("data:image/x,")


def decode(written: str) -> tuple[bytes, str]:
    """The bytes and the media type of a `data:` address; what is broken is decoded as far as it goes.

    The bytes are never more than the address has characters (3 a character in a page that is not UTF-8).
    """
    head, _, rest = written.partition(":")[2].partition(",")
    media_type = head.partition(";")[0].strip().lower()[:_LONGEST_TYPE] or "text/plain"
    body = unquote_to_bytes(rest)
    if not _BASE64.search(head):
        return body, media_type
    digits = _NOT_BASE64.sub(b"", body.partition(b"#")[0].replace(b"-", b"+").replace(b"_", b"/"))
    if len(digits) % 4 == 1:  # a lone digit says nothing
        digits = digits[:-1]
    return a2b_base64(digits + b"=" * (-len(digits) % 4)), media_type


def pictures(written: Iterable[str]) -> Iterator[EmbeddedPicture]:
    """The pictures of these addresses, decoded one by one as they are asked for, those inside drawings included.

    `MOST_PICTURES` at most.
    """
    return islice(_all(written), MOST_PICTURES)


def beyond(written: Sequence[str]) -> bool:
    """Whether there are more pictures than `pictures` gives."""
    most_there_can_be = sum(1 + (len(each) // _SHORTEST if "svg" in each[:_LONGEST_TYPE] else 0) for each in written)
    return most_there_can_be > MOST_PICTURES and any(True for _ in islice(_all(written), MOST_PICTURES, None))


def _all(written: Iterable[str]) -> Iterator[EmbeddedPicture]:
    for number, each in enumerate(written, 1):
        yield from _with_inner(each, f"data:{number}", _NESTING)


def _with_inner(written: str, place: str, nesting: int) -> Iterator[EmbeddedPicture]:
    body, media_type = decode(written)
    yield EmbeddedPicture(body, media_type=media_type, place=place)
    if nesting and "svg" in media_type:
        inner = [each for each in dict.fromkeys(data_pictures(body.decode("utf-8", "replace"))) if is_data(each)]
        for number, each in enumerate(inner, 1):
            yield from _with_inner(each, f"{place}/{number}", nesting - 1)
