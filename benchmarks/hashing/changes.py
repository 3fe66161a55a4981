"""What becomes of a photograph elsewhere: each change gives the bytes of a file."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from PIL import Image, ImageDraw, ImageFont, ImageOps

from tests.photographs import encoded, photographs

Change = Callable[[Image.Image], bytes]
_LEAST_PIXELS = 1_000_000


def originals(longest: int) -> Iterator[Image.Image]:
    """The tests' photographs and the quarters of the large ones, each a picture of its own, at most so long a side."""
    for path in photographs():
        with Image.open(path) as opened:
            whole = opened.convert("RGB")
        pieces = [whole]
        if whole.width * whole.height >= _LEAST_PIXELS:
            across, down = whole.width // 2, whole.height // 2
            pieces += [whole.crop((x, y, x + across, y + down)) for x in (0, across) for y in (0, down)]
        for piece in pieces:
            piece.thumbnail((longest, longest))
            yield piece


def _resized(picture: Image.Image, across: float, down: float) -> bytes:
    size = (max(1, round(picture.width * across)), max(1, round(picture.height * down)))
    return encoded(picture.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=85)


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((200, 200))
    return encoded(small, "JPEG", quality=85)


def _cropped(picture: Image.Image, share: float) -> bytes:
    """So much of width and height, half of it at each edge."""
    across, down = round(picture.width * share / 2), round(picture.height * share / 2)
    kept = picture.crop((across, down, picture.width - across, picture.height - down))
    return encoded(kept, "JPEG", quality=85)


def _watermarked(picture: Image.Image) -> bytes:
    marked = picture.convert("RGBA")
    ink = Image.new("RGBA", marked.size)
    font = ImageFont.load_default(size=max(8, picture.width / 8))
    ImageDraw.Draw(ink).text(
        (picture.width / 2, picture.height * 0.8), "example", font=font, anchor="mm", fill=(255, 255, 255, 150)
    )
    return encoded(Image.alpha_composite(marked, ink).convert("RGB"), "JPEG", quality=85)


def _rotated(picture: Image.Image, degrees: float) -> bytes:
    return encoded(picture.rotate(degrees, Image.Resampling.BICUBIC), "JPEG", quality=85)


def _mirrored(picture: Image.Image) -> bytes:
    return encoded(ImageOps.mirror(picture), "JPEG", quality=85)


CHANGES: Mapping[str, Change] = {
    "JPEG, quality 90": partial(encoded, form="JPEG", quality=90),
    "JPEG, quality 50": partial(encoded, form="JPEG", quality=50),
    "JPEG, quality 20": partial(encoded, form="JPEG", quality=20),
    "WebP": partial(encoded, form="WEBP", quality=75, method=0),
    "GIF": partial(encoded, form="GIF"),
    "half size": partial(_resized, across=0.5, down=0.5),
    "quarter size": partial(_resized, across=0.25, down=0.25),
    "thumbnail of 200": _thumbnail,
    "a fifth wider": partial(_resized, across=1.2, down=1.0),
    "watermark": _watermarked,
    "2% cut off": partial(_cropped, share=0.02),
    "5% cut off": partial(_cropped, share=0.05),
    "turned by 1 degree": partial(_rotated, degrees=1),
    "mirrored": _mirrored,
}
