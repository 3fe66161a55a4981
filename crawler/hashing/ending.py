"""Whether a picture that could not be decoded ends too early: most of such are downloads that broke off."""

from crawler.hashing.formats import Format


def ends_early(data: bytes, form: Format) -> bool:
    """True when the bytes stop before the end that the format announces or requires."""
    match form:
        case Format.JPEG:
            # Inside a scan 0xFF is always escaped, so the end marker cannot be part of it.
            return data.rfind(b"\xff\xd9") <= data.rfind(b"\xff\xda")
        case Format.PNG:
            return b"IEND" not in data[-1024:] and b"IEND" not in data
        case Format.GIF:
            return not data.rstrip(b"\0").endswith(b";")
        case Format.WEBP:
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case Format.AVIF:
            return _boxes_end_early(data)
        case Format.BMP:
            return int.from_bytes(data[2:6], "little") > len(data)


def _boxes_end_early(data: bytes) -> bool:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:  # to the end of the file
            return False
        at += max(length, 8)
    return at > len(data)
