"""Formats by magic bytes."""

import pytest

from crawler.contract.reasons import Reason
from crawler.hashing.formats import Format, format_of
from tests.hostile_pictures import scene
from tests.photographs import encoded


@pytest.mark.parametrize("form", list(Format))
def test_a_supported_format_is_recognised(form: Format) -> None:
    assert format_of(encoded(scene(32, 32), form.value)) is form


@pytest.mark.parametrize("form", ["TIFF", "ICO", "JPEG2000", "DDS"])
def test_another_picture_format_is_called_unsupported(form: str) -> None:
    assert format_of(encoded(scene(32, 32), form)) is Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "start",
    [
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\x0a\xfa\x7f",
        b"8BPS\0\x01",
        b'<svg width="9">',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="x">',
        b'<!DOCTYPE svg PUBLIC "x">',
    ],
)
def test_so_are_those_that_nothing_here_can_write(start: bytes) -> None:
    assert format_of(start + bytes(50)) is Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "start",
    [
        b"<!doctype html><svg>",
        b"<html>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\0\0\0\x18ftypmp42\0\0\0\0",
        b"BMW is a car brand",
        b"\xff\xd8",
    ],
)
def test_what_is_no_picture_is_called_so(start: bytes) -> None:
    assert format_of(start) is Reason.NOT_A_PICTURE


def test_an_avif_that_names_itself_a_mere_container_is_recognised() -> None:
    assert format_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(50)) is Format.AVIF


def test_no_bytes_are_no_picture() -> None:
    assert format_of(b"") is Reason.EMPTY
