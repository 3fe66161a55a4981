"""Archives are told by their bytes."""

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.unpacking import ArchiveKind, kind_of
from tests.hostile_archives import HOSTILE_ARCHIVES, photo, tarred_plain
from tests.hostile_pictures import scene
from tests.photographs import encoded
from tests.rar_archives import rar3, rar5
from zoeklicht.practice.packing import seven_zipped, tarred, zipped

FILES = {"a.txt": b"text"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped(FILES), ArchiveKind.ZIP),
        (zipped({}), ArchiveKind.ZIP),
        (seven_zipped(FILES), ArchiveKind.SEVEN_ZIP),
        (rar3(FILES), ArchiveKind.RAR),
        (rar5(FILES), ArchiveKind.RAR),
        (tarred_plain(FILES), ArchiveKind.TAR),
        (tarred(FILES), ArchiveKind.COMPRESSED),
        (bz2.compress(b"text"), ArchiveKind.COMPRESSED),
        (bz2.compress(b""), ArchiveKind.COMPRESSED),
        (lzma.compress(b"text"), ArchiveKind.COMPRESSED),
        (gzip.compress(b""), ArchiveKind.COMPRESSED),
        (HOSTILE_ARCHIVES["a cabinet"].make(), ArchiveKind.OTHER),
        (b"RE~^" + bytes(20), ArchiveKind.OTHER),
    ],
)
def test_each_kind_is_known_by_its_first_bytes(data: bytes, kind: ArchiveKind) -> None:
    assert kind_of(data) is kind


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_a_picture_is_no_archive(form: str) -> None:
    assert kind_of(encoded(scene(64, 64), form)) is None


@pytest.mark.parametrize("data", [b"", b"PK", bytes(512), bytes(2000), b"<html><body>PK\x03\x04", b"a" * 600])
def test_nor_is_anything_else(data: bytes) -> None:
    assert kind_of(data) is None


def test_a_tar_is_known_by_the_sum_over_its_header_not_by_its_name() -> None:
    whole = bytearray(tarred_plain({"1.jpg": photo()}))
    whole[257:265] = bytes(8)  # as the oldest tar had it, without a signature: the sum is wrong now
    assert kind_of(bytes(whole)) is None
    whole[148:156] = b" " * 8
    whole[148:156] = f"{sum(whole[:512]):06o}\0 ".encode()
    assert kind_of(bytes(whole)) is ArchiveKind.TAR


@given(st.binary(max_size=600))
def test_no_bytes_trip_it(data: bytes) -> None:
    kind_of(data)
