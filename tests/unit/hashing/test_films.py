"""Videos are told by their bytes, from pictures above all."""

import pytest

from crawler.hashing import is_video
from tests.hostile_pictures import scene
from tests.photographs import encoded
from zoeklicht.practice.packing import zipped

_PACKET = b"G" + bytes(187)

VIDEOS = {
    "MP4": b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
    "QuickTime": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "QuickTime of old": b"\0\0\0\x08wide\0\x01\0\0mdat",
    "3GP": b"\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4",
    "WebM": b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01",
    "AVI": b"RIFF\0\0\0\0AVI LIST",
    "FLV": b"FLV\x01\x05\0\0\0\x09",
    "Ogg": b"OggS\0\x02",
    "WMV": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
    "MPEG": b"\0\0\x01\xba\x44",
    "a transport stream": _PACKET * 3,
    "a camcorder's": (bytes(4) + _PACKET) * 3,
}


@pytest.mark.parametrize("name", VIDEOS)
def test_each_container_is_known(name: str) -> None:
    assert is_video(VIDEOS[name])
    assert is_video(VIDEOS[name] + bytes(2000))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_a_picture_is_no_video(form: str) -> None:
    assert not is_video(encoded(scene(64, 64), form))


def test_a_moving_picture_and_one_of_a_telephone_are_none_either() -> None:
    assert not is_video(encoded(scene(64, 64), "AVIF", save_all=True, append_images=[scene(64, 64)], duration=100))
    assert not is_video(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"<h1 wide>free</h1>", b"<a>\nfree things", b"Go" * 400, zipped({"a": b"b"}), b"%PDF-1.4"]
)
def test_nor_is_anything_else(data: bytes) -> None:
    assert not is_video(data)
