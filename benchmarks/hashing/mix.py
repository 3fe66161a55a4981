"""The pictures that are hashed: photographs in the sizes and formats of image hosts, made anew each time, the same."""

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from PIL import Image, ImageOps

from tests.photographs import encoded, photographs


class Kind(NamedTuple):
    """So many pictures of every hundred are like this."""

    share: int
    form: str
    size: tuple[int, int]
    progressive: bool = False

    @property
    def name(self) -> str:
        return f"{self.form} {self.size[0]}x{self.size[1]}{' progressive' if self.progressive else ''}"


KINDS = (
    Kind(26, "JPEG", (200, 150)),
    Kind(14, "JPEG", (800, 600)),
    Kind(4, "JPEG", (800, 600), progressive=True),
    Kind(11, "JPEG", (1280, 960)),
    Kind(4, "JPEG", (1280, 960), progressive=True),
    Kind(8, "JPEG", (2048, 1536)),
    Kind(3, "JPEG", (4000, 3000)),
    Kind(6, "PNG", (200, 150)),
    Kind(3, "PNG", (400, 300)),
    Kind(2, "PNG", (800, 600)),
    Kind(8, "WEBP", (400, 300)),
    Kind(4, "WEBP", (1024, 768)),
    Kind(6, "GIF", (200, 150)),
    Kind(1, "GIF", (400, 300)),
)
"""A choice, not a survey: what is known is that such sites serve JPEG mostly, and thumbnails half of the time."""


class Picture(NamedTuple):
    """One file."""

    kind: Kind
    data: bytes


def pictures(most: int) -> Iterator[Picture]:
    """Up to `most` of each kind, of different photographs. A kind counts by its share, however many there are."""
    paths = cycle(photographs())
    for kind in KINDS:
        for _ in range(min(most, kind.share)):
            with Image.open(next(paths)) as opened:
                picture = ImageOps.fit(opened.convert("RGB"), kind.size)
            match kind.form:
                case "JPEG":
                    data = encoded(picture, "JPEG", quality=85, progressive=kind.progressive)
                case "WEBP":
                    data = encoded(picture, "WEBP", quality=80)
                case _:
                    data = encoded(picture, kind.form)
            yield Picture(kind, data)
