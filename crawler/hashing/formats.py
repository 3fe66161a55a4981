"""What format a picture is in, by its first bytes; what the server or the name says is never asked."""

import re
from enum import StrEnum

from crawler.contract.reasons import Reason


class Format(StrEnum):
    """A format that is decoded here. Values are Pillow's names."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WEBP"
    AVIF = "AVIF"
    BMP = "BMP"


_SIGNATURES = (
    (re.compile(rb"\xff\xd8\xff"), Format.JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Format.PNG),
    (re.compile(rb"GIF8[79]a"), Format.GIF),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), Format.WEBP),
    # "BM" begins words too: the size of the second header tells.
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), Format.BMP),
)
_OTHER_PICTURES = re.compile(
    rb"II\*\0|MM\0\*|II\+\0|MM\0\+|II\xbc"  # TIFF, BigTIFF, JPEG XR
    rb"|\0\0[\x01\x02]\0[^\0]"  # ICO, CUR
    rb"|\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"  # JPEG XL
    rb"|\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n"  # JPEG 2000
    rb"|8BPS|qoif|DDS |gimp xcf|FLIF|\x8a[MJ]NG\r\n|\x8bJNG\r\n|\x76\x2f\x31\x01|#\?RADIANCE|AT&TFORM",
)
_VECTORS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE\s+svg|<svg[\s>])", re.DOTALL
)
_BRANDS_OF_AVIF = {b"avif", b"avis"}
_BRANDS_OF_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2", b"miaf"}
_LOOKED_AT = 1024


def format_of(data: bytes) -> Format | Reason:
    """The format, or why it is not decoded: `EMPTY`, `NOT_A_PICTURE`, or `UNSUPPORTED_FORMAT` for another picture."""
    if not data:
        return Reason.EMPTY
    start = data[:_LOOKED_AT]
    for signature, found in _SIGNATURES:
        if signature.match(start):
            return found
    if start[4:8] == b"ftyp":
        return _of_brands(start)
    if _OTHER_PICTURES.match(start) or _VECTORS.match(start):
        return Reason.UNSUPPORTED_FORMAT
    return Reason.NOT_A_PICTURE


def _of_brands(start: bytes) -> Format | Reason:
    """AVIF and HEIF share MP4's container (ISO/IEC 14496-12) and differ in their brands; others are films."""
    length = min(int.from_bytes(start[:4], "big"), len(start))
    # The second field is a version number, no brand.
    brands = {start[8:12], *(start[i : i + 4] for i in range(16, length, 4))}
    if brands & _BRANDS_OF_AVIF:
        return Format.AVIF
    return Reason.UNSUPPORTED_FORMAT if brands & _BRANDS_OF_HEIF else Reason.NOT_A_PICTURE
