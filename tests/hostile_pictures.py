"""Pictures that a crawler meets and a decoder suffers from, made on the spot, each with the reason it must lead to."""

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image

from crawler.contract.reasons import Reason
from tests.photographs import encoded


class Hostile(NamedTuple):
    """A picture by its recipe."""

    make: Callable[[], bytes]
    reason: Reason | None
    """None: it must be hashed all the same."""


@lru_cache(maxsize=4)
def scene(width: int, height: int) -> Image.Image:
    """Something like a photograph: soft shapes and fine grain. The same one for the same size."""
    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = random.integers(-8, 9, (height, width, 1), dtype=np.int16)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def _jpeg(**options: object) -> bytes:
    return encoded(scene(1280, 960), "JPEG", quality=85, **options)


def _cut(share: float, form: str = "JPEG") -> bytes:
    whole = encoded(scene(1280, 960), form)
    return whole[: int(len(whole) * share)]


def _jpeg_of_size(width: int, height: int, **options: object) -> bytes:
    """A JPEG whose header lies."""
    data = bytearray(encoded(scene(64, 64), "JPEG", **options))
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _webp_of_size(width: int, height: int) -> bytes:
    data = bytearray(encoded(scene(64, 64), "WEBP"))
    data[26:30] = struct.pack("<HH", width, height)
    return bytes(data)


def _many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: small to send, slow to decode."""
    data = encoded(scene(2000, 2000), "JPEG", progressive=True, quality=60)
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + b"\xff\xd9"


def slow_picture() -> bytes:
    """A picture that takes many seconds."""
    return _many_scans(400)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *, depth: int, colour: int, row: bytes, rows: int) -> bytes:
    """A PNG of equal rows, deflated as they come, so that a huge one is never held."""
    deflate = zlib.compressobj(6)
    body = b"".join(deflate.compress(row) for _ in range(rows)) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _with_chunk(name: bytes, content: bytes) -> bytes:
    whole = encoded(scene(640, 480), "PNG")
    return whole[:33] + _chunk(name, content) + whole[33:]


def _deflated(size: int) -> bytes:
    deflate = zlib.compressobj(6)
    return b"".join(deflate.compress(b"a" * 1_000_000) for _ in range(size // 1_000_000)) + deflate.flush()


def _animation(form: str, frames: int) -> bytes:
    random = np.random.default_rng(1)
    few = [Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)) for _ in range(20)]
    if form == "GIF":
        few = [frame.quantize(16) for frame in few]
    rest = [few[i % len(few)] for i in range(1, frames)]
    return encoded(few[0], form, save_all=True, append_images=rest, duration=20, method=0, quality=20)


def _gif_screen() -> bytes:
    data = bytearray(encoded(scene(64, 64), "GIF"))
    data[6:10] = struct.pack("<HH", 65535, 65535)
    return bytes(data)


def _grey_16() -> bytes:
    grey = np.asarray(scene(640, 480).convert("L")).astype(np.uint16) * 257
    return encoded(Image.fromarray(grey), "PNG")


def _colour_16() -> bytes:
    row = b"\0" + np.linspace(0, 65535, 640 * 3).astype(">u2").tobytes()
    return png(640, 480, depth=16, colour=2, row=row, rows=480)


def _orientation(value: int) -> bytes:
    exif = Image.Exif()
    exif[0x112] = value
    return _jpeg(exif=exif)


def _see_through(mode: str) -> Image.Image:
    picture = scene(640, 480).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture if mode == "RGBA" else picture.quantize(128, method=Image.Quantize.FASTOCTREE)


def _broken_bytes() -> bytes:
    data = bytearray(_jpeg())
    for at in np.random.default_rng(1).integers(1000, len(data) - 10, 40):
        data[at] ^= 0x5A
    return bytes(data)


def _malformed_multi_picture() -> bytes:
    whole = _jpeg()
    content = b"MPF\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 60
    return whole[:2] + b"\xff\xe2" + struct.pack(">H", len(content) + 2) + content + whole[2:]


def _svg(body: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n{doctype}<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'.encode()


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(8))
    return _svg("<text>&i;</text>", f'<!DOCTYPE svg [<!ENTITY a "xxxxxxxxxx">{entities}]>')


def _bmp_header(width: int, height: int) -> bytes:
    return (
        b"BM" + struct.pack("<IHHIIiiHHIIIIII", 104, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(50)
    )


def _tiff() -> bytes:
    return encoded(scene(64, 64), "TIFF")


HOSTILE: dict[str, Hostile] = {
    "no bytes": Hostile(bytes, Reason.EMPTY),
    "an error page": Hostile(lambda: b"<!doctype html><title>404</title>" + b" " * 3000, Reason.NOT_A_PICTURE),
    "an SVG": Hostile(lambda: _svg("<rect width='9' height='9'/>"), Reason.UNSUPPORTED_FORMAT),
    "an SVG of a billion laughs": Hostile(_laughs, Reason.UNSUPPORTED_FORMAT),
    "a TIFF": Hostile(_tiff, Reason.UNSUPPORTED_FORMAT),
    "a film": Hostile(lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(500), Reason.NOT_A_PICTURE),
    "a script that says it is a GIF": Hostile(lambda: b"GIF89a/*" + bytes(2000), Reason.TRUNCATED),
    "a JPEG cut at 10%": Hostile(lambda: _cut(0.1), Reason.TRUNCATED),
    "a JPEG cut at 50%": Hostile(lambda: _cut(0.5), Reason.TRUNCATED),
    "a JPEG cut in its header": Hostile(lambda: _jpeg()[:100], Reason.TRUNCATED),
    "a PNG cut at 50%": Hostile(lambda: _cut(0.5, "PNG"), Reason.TRUNCATED),
    "a GIF cut at 50%": Hostile(lambda: _cut(0.5, "GIF"), Reason.TRUNCATED),
    "a WebP cut at 50%": Hostile(lambda: _cut(0.5, "WEBP"), Reason.TRUNCATED),
    "an AVIF cut at 50%": Hostile(lambda: _cut(0.5, "AVIF"), Reason.TRUNCATED),
    "a BMP cut at 50%": Hostile(lambda: _cut(0.5, "BMP"), Reason.TRUNCATED),
    "a JPEG with 40 broken bytes": Hostile(_broken_bytes, Reason.UNDECODABLE),
    "a PNG with a broken body": Hostile(
        lambda: png(64, 64, depth=8, colour=2, row=b"\x09" + bytes(192), rows=64), Reason.UNDECODABLE
    ),
    "a PNG of 900 megapixels": Hostile(
        lambda: png(30_000, 30_000, depth=1, colour=0, row=bytes(3751), rows=30_000), Reason.TOO_MANY_PIXELS
    ),
    "a PNG of 169 megapixels": Hostile(
        lambda: png(13_000, 13_000, depth=8, colour=2, row=bytes(39_001), rows=13_000), Reason.TOO_MANY_PIXELS
    ),
    "a PNG of 81 megapixels": Hostile(
        lambda: png(9000, 9000, depth=8, colour=2, row=bytes(27_001), rows=9000), Reason.TOO_MANY_PIXELS
    ),
    "a JPEG of 400 megapixels": Hostile(lambda: _jpeg_of_size(20_000, 20_000), Reason.TOO_MANY_PIXELS),
    "a progressive JPEG of 81 megapixels": Hostile(
        lambda: _jpeg_of_size(9000, 9000, progressive=True), Reason.TOO_MANY_PIXELS
    ),
    "a WebP of 144 megapixels": Hostile(lambda: _webp_of_size(12_000, 12_000), Reason.TOO_MANY_PIXELS),
    "a BMP of 3,600 megapixels": Hostile(lambda: _bmp_header(60_000, 60_000), Reason.TOO_MANY_PIXELS),
    "a GIF on a screen of 4,295 megapixels": Hostile(_gif_screen, Reason.TOO_MANY_PIXELS),
    "a PNG of 49 megapixels": Hostile(lambda: png(7000, 7000, depth=8, colour=6, row=bytes(28_001), rows=7000), None),
    "a 16-bit PNG of 49 megapixels": Hostile(
        lambda: png(7000, 7000, depth=16, colour=0, row=bytes(14_001), rows=7000), None
    ),
    "a progressive JPEG of 49 megapixels": Hostile(
        lambda: encoded(Image.new("RGB", (7000, 7000), "teal"), "JPEG", progressive=True, subsampling=0), None
    ),
    "a WebP of 49 megapixels": Hostile(
        lambda: encoded(Image.new("RGB", (7000, 7000), "teal"), "WEBP", quality=10, method=0), None
    ),
    "an AVIF of 49 megapixels": Hostile(
        lambda: encoded(Image.new("RGB", (7000, 7000), "teal"), "AVIF", quality=10, speed=10), None
    ),
    "a GIF of 49 megapixels": Hostile(lambda: encoded(Image.new("P", (7000, 7000)), "GIF"), None),
    "a BMP of 49 megapixels": Hostile(lambda: encoded(Image.new("RGB", (7000, 7000)), "BMP"), None),
    "a strip of 5 by 9 million": Hostile(
        lambda: png(9_000_000, 5, depth=1, colour=0, row=bytes(1_125_001), rows=5), None
    ),
    "a strip of 9 million by 5": Hostile(
        lambda: png(5, 9_000_000, depth=1, colour=0, row=bytes(2000), rows=9000), None
    ),
    "a single pixel": Hostile(lambda: encoded(Image.new("RGB", (1, 1)), "PNG"), None),
    "a JPEG of 40 more scans": Hostile(lambda: _many_scans(40), None),
    "a GIF of 10,000 frames": Hostile(lambda: _animation("GIF", 10_000), None),
    "a WebP of 10,000 frames": Hostile(lambda: _animation("WEBP", 10_000), None),
    "a PNG with 300 MB of deflated text": Hostile(
        lambda: _with_chunk(b"zTXt", b"c\0\0" + _deflated(300_000_000)), None
    ),
    "a PNG with 300 MB of colour profile": Hostile(
        lambda: _with_chunk(b"iCCP", b"c\0\0" + _deflated(300_000_000)), None
    ),
    "a JPEG with a malformed second picture": Hostile(_malformed_multi_picture, None),
    "a JPEG that is also a ZIP": Hostile(lambda: _jpeg() + b"PK\x03\x04" + bytes(500_000), None),
    "a CMYK JPEG": Hostile(lambda: encoded(scene(640, 480).convert("CMYK"), "JPEG"), None),
    "a grey PNG of 16 bits": Hostile(_grey_16, None),
    "a colour PNG of 16 bits": Hostile(_colour_16, None),
    "a JPEG turned by its EXIF": Hostile(lambda: _orientation(6), None),
    "a PNG with alpha": Hostile(lambda: encoded(_see_through("RGBA"), "PNG"), None),
    "a palette with alpha": Hostile(lambda: encoded(_see_through("P"), "PNG"), None),
}
