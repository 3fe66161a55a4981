"""Pictures to fill a site with: photographs in several sizes and formats, no two alike byte for byte."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image

from tests.photographs import encoded, photographs

_LARGEST = 900
_SHARES = (1.0, 0.7, 0.5, 0.35)
FORMS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "gif": "GIF"}
"""By the endings of their names."""


def lay_out_pictures(folder: Path, count: int, endings: Sequence[str] = tuple(FORMS)) -> None:
    """So many pictures in a folder, the same ones each time, named by number and photograph. At most 100."""
    folder.mkdir(parents=True)
    originals = _originals()
    every = [(name, share) for share in _SHARES for name in originals]
    assert count <= len(every), "there are not so many photographs and sizes"
    for number, (name, share) in enumerate(every[:count]):
        ending = endings[number % len(endings)]
        original = originals[name]
        copy = original.resize((round(original.width * share), round(original.height * share)))
        (folder / f"{number:03}-{name}.{ending}").write_bytes(encoded(copy, FORMS[ending]))


@lru_cache(maxsize=1)
def _originals() -> Mapping[str, Image.Image]:
    return {path.stem: _reduced(path) for path in photographs()}


def _reduced(photograph: Path) -> Image.Image:
    with Image.open(photograph) as picture:
        picture.draft("RGB", (_LARGEST, _LARGEST))
        reduced = picture.convert("RGB")
    reduced.thumbnail((_LARGEST, _LARGEST))
    return reduced
