"""Archives that a crawler meets and an unpacker suffers from, made on the spot, each with what must come of it."""

import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import py7zr
from PIL import Image

from crawler.contract.reasons import Reason
from tests.photographs import encoded
from tests.rar_archives import rar3, rar5
from zoeklicht.practice.packing import locked_zip, seven_zipped, tarred, zipped

PASSWORD = "a site's password"


class HostileArchive(NamedTuple):
    """An archive by its recipe."""

    make: Callable[[], bytes]
    pictures: int
    """So many must be hashed all the same."""
    reason: Reason | None
    """Of the archive as a whole; None: it was read to its end."""
    passed: Mapping[Reason, int] = {}
    """What in it could not be looked at."""


@lru_cache(maxsize=16)
def photo(number: int = 0) -> bytes:
    """A small picture, another one for each number."""
    return encoded(Image.linear_gradient("L").rotate(7 * number).resize((64, 64)), "JPEG")


def photos(count: int) -> dict[str, bytes]:
    return {f"album/{number}.jpg": photo(number) for number in range(count)}


def locked_seven_zip(files: Mapping[str, bytes], password: str, *, headers: bool = True) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password, header_encryption=headers) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return buffer.getvalue()


def _zeros(size: int) -> bytes:
    """A ZIP with a picture and a file of so many zeros, deflated a thousand to one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("1.jpg", photo(1))
        with archive.open("zeros.bmp", "w") as member:
            member.write(_bitmap_header())
            for _ in range(size // 2**20):
                member.write(bytes(2**20))
    return buffer.getvalue()


def _bitmap_header() -> bytes:
    return encoded(Image.new("RGB", (1, 1)), "BMP")[:54]


def _nested_bomb(levels: int) -> bytes:
    """Ten archives in each of ten archives, and so on: 42.zip in small."""
    inner = zipped({"zeros.bmp": _bitmap_header() + bytes(30 * 2**20)})
    for _ in range(levels):
        inner = zipped({f"{number}.zip": inner for number in range(10)})
    return inner


def _matryoshka(levels: int) -> bytes:
    inner = zipped({"deep.jpg": photo(1)})
    for level in range(levels):
        inner = zipped({f"{level}.jpg": photo(level + 2), "inner.zip": inner})
    return inner


def _tar_of_specials() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (
            ("passwd.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("sda.jpg", tarfile.BLKTYPE),
            ("tty.jpg", tarfile.CHRTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
            ("folder.jpg", tarfile.DIRTYPE),
        ):
            special = tarfile.TarInfo(name)
            special.type = kind
            special.linkname = "/etc/passwd"
            archive.addfile(special)
        picture = tarfile.TarInfo("/etc/../1.jpg")
        picture.size = len(photo())
        archive.addfile(picture, io.BytesIO(photo()))
    return buffer.getvalue()


def _sparse_lie() -> bytes:
    """A tar whose one file claims eight exabytes."""
    whole = bytearray(tarred_plain({"1.jpg": photo()}))
    whole[124:136] = b"\x80" + bytes(3) + (2**62).to_bytes(8, "big")
    whole[148:156] = b" " * 8
    whole[148:156] = f"{sum(whole[:512]):06o}\0 ".encode()
    return bytes(whole)


def tarred_plain(files: Mapping[str, bytes]) -> bytes:
    return gzip.decompress(tarred(files))


def _lying_sum() -> bytes:
    """A ZIP that says another checksum than its picture's: every program but the strictest unpacks it."""
    whole = bytearray(zipped({"1.jpg": photo()}))
    right = struct.pack("<I", zlib.crc32(photo()))
    return bytes(whole).replace(right, b"\1\2\3\4")


def _cut(whole: bytes, share: float) -> bytes:
    return whole[: int(len(whole) * share)]


def _two_of_one_name() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(3):
            entry = tarfile.TarInfo("same.jpg")
            entry.size = len(photo(number))
            archive.addfile(entry, io.BytesIO(photo(number)))
    return buffer.getvalue()


VILE_NAMES = (
    "../../../../etc/cron.d/x.jpg",
    "/home/user/.ssh/authorized_keys.jpg",
    "C:\\Windows\\x.jpg",
    "a\nb\x1b[2J\0c.jpg",
    "\u202egpj.exe",
    "x" * 5000 + ".jpg",
    "con.jpg",
    "",
)


def _vile() -> bytes:
    files = {name.partition("\0")[0]: photo(number) for number, name in enumerate(VILE_NAMES)}
    return zipped(files)


HOSTILE_ARCHIVES: dict[str, HostileArchive] = {
    "a zip": HostileArchive(lambda: zipped(photos(3)), 3, None),
    "a tar": HostileArchive(lambda: tarred_plain(photos(3)), 3, None),
    "a tar.gz": HostileArchive(lambda: tarred(photos(3)), 3, None),
    "a tar.xz": HostileArchive(lambda: lzma.compress(tarred_plain(photos(3))), 3, None),
    "a 7z": HostileArchive(lambda: seven_zipped(photos(3)), 3, None),
    "a RAR 5": HostileArchive(lambda: rar5(photos(3)), 3, None),
    "a RAR 3": HostileArchive(lambda: rar3(photos(3)), 3, None),
    "a single picture under gzip": HostileArchive(lambda: gzip.compress(photo()), 1, None),
    "texts alone": HostileArchive(lambda: zipped({"a.txt": b"a" * 100_000, "b.jpg": b"no picture"}), 0, None),
    "nothing": HostileArchive(lambda: zipped({}), 0, None),
    "an archive in an archive": HostileArchive(
        lambda: rar5({"a/b.zip": zipped(photos(2)), "c.jpg": photo(9)}), 3, None
    ),
    "archives in archives, deeper than allowed": HostileArchive(
        lambda: _matryoshka(5), 4, None, {Reason.ARCHIVE_TOO_DEEP: 1}
    ),
    "a zip under the right password": HostileArchive(lambda: locked_zip(photos(2), PASSWORD), 2, None),
    "a 7z under the right password": HostileArchive(lambda: locked_seven_zip(photos(2), PASSWORD), 2, None),
    "a 7z with names in clear": HostileArchive(lambda: locked_seven_zip(photos(2), PASSWORD, headers=False), 2, None),
    "a RAR under the right password": HostileArchive(lambda: rar5(photos(2), password=PASSWORD), 2, None),
    "a zip under another password": HostileArchive(
        lambda: locked_zip(photos(2), "other"), 0, Reason.ARCHIVE_LOCKED, {Reason.ARCHIVE_LOCKED: 2}
    ),
    "a 7z under another password": HostileArchive(
        lambda: locked_seven_zip(photos(2), "other"), 0, Reason.ARCHIVE_LOCKED
    ),
    "a RAR under another password": HostileArchive(lambda: rar5(photos(2), password="other"), 0, Reason.ARCHIVE_LOCKED),
    "a locked archive in an open one": HostileArchive(
        lambda: zipped({"1.jpg": photo(), "x.7z": locked_seven_zip(photos(2), "other")}),
        1,
        Reason.ARCHIVE_LOCKED,
        {Reason.ARCHIVE_LOCKED: 1},
    ),
    "a bomb of 200 MB": HostileArchive(lambda: _zeros(200 * 2**20), 1, Reason.ARCHIVE_RATIO),
    "archives in archives that unpack to 30 GB": HostileArchive(lambda: _nested_bomb(2), 2, Reason.ARCHIVE_RATIO),
    "a bomb under xz": HostileArchive(
        lambda: lzma.compress(tarred_plain({"zeros": bytes(100 * 2**20)}), preset=0), 0, Reason.ARCHIVE_RATIO
    ),
    "20,000 files": HostileArchive(
        lambda: zipped({**photos(1), **{f"{number}": b"" for number in range(20_000)}}), 1, Reason.ARCHIVE_TOO_MANY
    ),
    "links, devices and folders": HostileArchive(_tar_of_specials, 1, None),
    "vile names": HostileArchive(_vile, len(VILE_NAMES), None),
    "three files of one name": HostileArchive(_two_of_one_name, 3, None),
    "a file that claims exabytes": HostileArchive(_sparse_lie, 1, Reason.ARCHIVE_DAMAGED),
    "a wrong checksum": HostileArchive(_lying_sum, 1, None),
    "a zip cut short": HostileArchive(lambda: _cut(zipped(photos(9)), 0.5), 5, Reason.ARCHIVE_DAMAGED),
    "a RAR cut short": HostileArchive(
        lambda: _cut(rar5(photos(9)), 0.5), 4, Reason.ARCHIVE_DAMAGED, {Reason.ARCHIVE_DAMAGED: 1}
    ),
    "a 7z cut short": HostileArchive(lambda: _cut(seven_zipped(photos(9)), 0.5), 0, Reason.ARCHIVE_DAMAGED),
    "a tar.gz cut short": HostileArchive(
        lambda: _cut(tarred({**photos(9), "x": os.urandom(2**18)}), 0.5), 9, Reason.ARCHIVE_DAMAGED
    ),
    "a cabinet": HostileArchive(lambda: b"MSCF\0\0\0\0" + bytes(500), 0, Reason.ARCHIVE_UNSUPPORTED),
    "a zip of nonsense": HostileArchive(lambda: b"PK\x03\x04" + bytes(range(256)) * 4, 0, Reason.ARCHIVE_DAMAGED),
}
