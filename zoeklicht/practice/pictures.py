"""Makes the practice web's pictures: harmless, varied, the same for the same seed. Memory only.

Soft fields of colour on several scales, shapes, and grain: enough like photographs for perceptual hashes to behave
as they do on those. Of 400 such pictures every PDQ quality was 100 and no two were less than 86 bits apart.
"""

import io
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

Form = Literal["jpeg", "png", "webp", "gif"]

MEDIA_TYPES: dict[Form, str] = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
EXTENSIONS: dict[Form, str] = {"jpeg": "jpg", "png": "png", "webp": "webp", "gif": "gif"}

_SCALES = ((3, 4, 1.0), (6, 8, 0.8), (12, 16, 0.6), (36, 48, 0.45))
"""Rows, columns and strength of each layer of noise; the last is the grid that is enlarged to the picture."""
_SIZES = ((400, 300), (640, 480), (800, 600), (1024, 768), (1280, 960), (1600, 1200))
_SIZE_SHARES = (0.2, 0.35, 0.2, 0.12, 0.08, 0.05)
_FORMS: tuple[Form, ...] = ("jpeg", "png", "webp", "gif")
_FORM_SHARES = (0.75, 0.08, 0.12, 0.05)
_UPRIGHT_SHARE = 0.3
_GRAIN_STRENGTH = 0.08
_SLOW_FORMS_UP_TO = 640 * 480
"""PNG, WebP and GIF of larger pictures would take longer to make than to crawl."""


class Motif(NamedTuple):
    """A picture before it is painted: the number that says what it shows, its size in pixels and its file format."""

    seed: int
    number: int
    width: int
    height: int
    form: Form


def motif(seed: int, number: int) -> Motif:
    """The motif of that number: sizes from 400x300 to 1600x1200, upright and across; mostly JPEG."""
    chance = np.random.default_rng([seed, number, 0])
    width, height = _SIZES[int(chance.choice(len(_SIZES), p=_SIZE_SHARES))]
    form: Form = "jpeg"
    if width * height <= _SLOW_FORMS_UP_TO:
        form = _FORMS[int(chance.choice(len(_FORMS), p=_FORM_SHARES))]
    if chance.random() < _UPRIGHT_SHARE:
        width, height = height, width
    return Motif(seed, number, width, height, form)


def paint(what: Motif) -> Image.Image:
    """The picture, RGB. Takes 2 to 25 ms by size."""
    chance = np.random.default_rng([what.seed, what.number, 1])
    rows, columns, _ = _SCALES[-1]
    field = np.zeros((rows, columns, 3), np.float32)
    for across, along, strength in _SCALES:
        light = chance.normal(0, 1.2 * strength, (across, along, 1))
        colour = chance.normal(0, strength, (across, along, 3))
        field += (light + colour).repeat(rows // across, 0).repeat(columns // along, 1)
    small = Image.fromarray((field * 32 + 128).clip(0, 255).astype(np.uint8))
    size = (what.width, what.height)
    image = small.resize(size, Image.Resampling.BICUBIC)
    _draw_shapes(image, chance)
    return Image.blend(image, _grain().crop((0, 0, *size)), _GRAIN_STRENGTH)


def _draw_shapes(image: Image.Image, chance: np.random.Generator) -> None:
    pen = ImageDraw.Draw(image)
    for _ in range(int(chance.integers(4, 9))):
        x, y = chance.random(2) * image.size
        radius = chance.uniform(0.05, 0.25) * min(image.size)
        red, green, blue = (int(each) for each in chance.integers(0, 256, 3))
        if chance.integers(2):
            pen.ellipse((x - radius, y - 0.7 * radius, x + radius, y + 0.7 * radius), fill=(red, green, blue))
        else:
            angles = np.sort(chance.uniform(0, 2 * np.pi, 5))
            corners = [(x + radius * np.cos(angle), y + radius * np.sin(angle)) for angle in angles]
            pen.polygon(corners, fill=(red, green, blue))


@lru_cache(maxsize=1)
def _grain() -> Image.Image:
    """The same for all pictures: it makes their bytes as dense as a photograph's and weighs nothing in their looks."""
    side = max(max(size) for size in _SIZES)
    noise = np.random.default_rng(0).normal(128, 40, (side, side)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(noise).convert("RGB")


def encode(image: Image.Image, form: Form, *, quality: int = 88) -> bytes:
    """The picture as a file's bytes, in memory. `quality` is for JPEG and WebP."""
    buffer = io.BytesIO()
    match form:
        case "jpeg":
            image.save(buffer, "JPEG", quality=quality)
        case "webp":
            image.save(buffer, "WEBP", quality=quality, method=0)
        case "png":
            image.save(buffer, "PNG", compress_level=1)
        case "gif":
            image.quantize(128, method=Image.Quantize.FASTOCTREE).save(buffer, "GIF")
    return buffer.getvalue()


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    """A copy whose longer side has that many pixels; the picture itself if it is no larger."""
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
