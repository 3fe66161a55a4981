"""Packs pictures into archives, in memory, the same bytes for the same pictures: zip (locked, too), tar.gz, 7z.

Python writes no locked zips and no 7z, and what does writes the time of day or chance into them.
"""

import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Files = Mapping[str, bytes]
"""What goes into an archive, by path inside."""

_LONG_AGO = (2020, 1, 1, 0, 0, 0)
_NEW_YEAR = 0x5021
"""The same day as MS-DOS writes it."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
_DEFLATED = 8
_MEBIBYTE = 1 << 20
_JPEG_START = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
_LZMA2_DICTIONARY = 1 << 20
_LZMA2_DICTIONARY_CODE = 16  # 2 << (16 / 2 + 11) bytes


def zipped(files: Files) -> bytes:
    """A zip, its files deflated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(files: Files) -> bytes:
    """A tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def locked_zip(files: Files, password: str) -> bytes:
    """A zip whose files are stored under a password, in PKWARE's traditional way (APPNOTE 6.3.10, 6.1)."""
    entries = []
    for path, data in files.items():
        crc = zlib.crc32(data)
        # The header's last byte is the checksum's: by it a wrong password is told from the right one.
        locked = _locked(bytes(11) + bytes([crc >> 24]) + data, password.encode())
        entries.append(_Entry(path, _ENCRYPTED, 0, crc, len(data), locked))
    return _zip_of(entries)


def bomb(*, files: int, megabytes: int) -> bytes:
    """A zip of so many files of so many MiB that begin like a picture and go on with nothing: a thousandth as large."""
    nothing = bytes(_MEBIBYTE)
    start = _JPEG_START.ljust(_MEBIBYTE, b"\0")
    deflating = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # Begun anew at each full flush, so that the same piece can follow itself.
    first, piece = (deflating.compress(each) + deflating.flush(zlib.Z_FULL_FLUSH) for each in (start, nothing))
    packed = first + piece * (megabytes - 1) + deflating.flush()
    crc = zlib.crc32(start)
    for _ in range(megabytes - 1):
        crc = zlib.crc32(nothing, crc)
    size = megabytes * _MEBIBYTE
    return _zip_of([_Entry(f"{each}.jpg", 0, _DEFLATED, crc, size, packed) for each in range(files)])


class _Entry(NamedTuple):
    path: str
    flags: int
    method: int
    crc: int
    size: int
    packed: bytes


def _zip_of(entries: Sequence[_Entry]) -> bytes:
    """The local headers, data and directory of a zip (APPNOTE 6.3.10, 4.3)."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        name = entry.path.encode()
        sizes = (len(entry.packed), entry.size, len(name), 0)
        common = struct.pack("<HHHHHIIIHH", 20, entry.flags | _UTF8, entry.method, 0, _NEW_YEAR, entry.crc, *sizes)
        directory += struct.pack("<IH", 0x02014B50, 20) + common
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<I", 0x04034B50) + common + name + entry.packed
    count = len(entries)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def seven_zipped(files: Files) -> bytes:
    """A 7z with LZMA2, a folder (in its own sense: a packed stream) for each file. By 7zFormat.txt of the LZMA SDK."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": _LZMA2_DICTIONARY}]
    packed = [lzma.compress(data, lzma.FORMAT_RAW, filters=filters) for data in files.values()]
    coder = b"\x01\x21\x21\x01" + bytes([_LZMA2_DICTIONARY_CODE])  # one coder, with properties: LZMA2
    pack_info = b"\x06" + _number(0) + _number(len(packed)) + b"\x09" + _numbers([len(each) for each in packed]) + b"\0"
    unpack_info = b"\x07\x0b" + _number(len(packed)) + b"\0" + coder * len(packed)
    unpack_info += b"\x0c" + _numbers([len(data) for data in files.values()]) + b"\0"
    checksums = b"".join(struct.pack("<I", zlib.crc32(data)) for data in files.values())
    streams = b"\x04" + pack_info + unpack_info + b"\x08\x0a\x01" + checksums + b"\0\0"
    names = b"\0" + b"".join(path.encode("utf-16-le") + b"\0\0" for path in files)
    header = b"\x01" + streams + b"\x05" + _number(len(files)) + b"\x11" + _number(len(names)) + names + b"\0\0"
    body = b"".join(packed)
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def _numbers(values: Sequence[int]) -> bytes:
    return b"".join(map(_number, values))


def _number(value: int) -> bytes:
    """7z's way of writing a number: the first byte's leading ones say how many bytes follow."""
    for extra in range(8):
        if value < 1 << (7 * (extra + 1)):
            first = (0xFF << (8 - extra)) & 0xFF | value >> (8 * extra)
            return bytes([first]) + (value & ((1 << 8 * extra) - 1)).to_bytes(extra, "little")
    return b"\xff" + value.to_bytes(8, "little")


def _locked(plain: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]
    for byte in password:
        _turn(keys, byte)
    locked = bytearray()
    for byte in plain:
        chance = (keys[2] | 2) & 0xFFFF
        locked.append(byte ^ (chance * (chance ^ 1) >> 8) & 0xFF)
        _turn(keys, byte)
    return bytes(locked)


def _turn(keys: list[int], byte: int) -> None:
    keys[0] = _crc(keys[0], byte)
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = _crc(keys[2], keys[1] >> 24)


def _crc(crc: int, byte: int) -> int:
    """CRC-32 of one more byte without the complements that zlib puts around it."""
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
