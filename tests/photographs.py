"""Real photographs for tests: those that ship in scikit-image, and those of Debian's `mate-backgrounds`.

The latter are fetched once into the cache folder (`.cache`, or what `ZOEKLICHT_CACHE` names). Only pictures that can be
shown to anyone.
"""

import importlib.util
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path

from PIL import Image, ImageOps

_IN_SCIKIT_IMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)
_PACKAGE = "mate-backgrounds"
_FOLDER = Path("usr/share/backgrounds/mate/nature")
_AT_LEAST = 12


class NoPhotographsError(Exception):
    """The photographs cannot be had; the text says what to do."""


@lru_cache(maxsize=1)
def photographs() -> list[Path]:
    """25 photographs, JPEG and PNG, from 0.1 to 5 megapixels; always the same ones, in the same order."""
    return [*_shipped(), *sorted(_fetched().glob("*.jpg"))]


def variants(photograph: Image.Image) -> dict[str, bytes]:
    """A photograph as it turns up elsewhere, by name: encoded anew, scaled, turned."""
    return {name: make(photograph.convert("RGB")) for name, make in VARIANTS.items()}


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    """The picture as a file in memory."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def _scaled(picture: Image.Image, share: float) -> bytes:
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return encoded(picture.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=85)


def _thumbnail(picture: Image.Image) -> bytes:
    copy = picture.copy()
    copy.thumbnail((200, 200))
    return encoded(copy, "JPEG", quality=85)


def _mirrored(picture: Image.Image) -> bytes:
    return encoded(ImageOps.mirror(picture), "JPEG", quality=90)


VARIANTS: Mapping[str, Callable[[Image.Image], bytes]] = {
    "jpeg_90": partial(encoded, form="JPEG", quality=90),
    "jpeg_30": partial(encoded, form="JPEG", quality=30),
    "png": partial(encoded, form="PNG", compress_level=1),
    "webp": partial(encoded, form="WEBP", quality=80, method=0),
    "gif": partial(encoded, form="GIF"),
    "half": partial(_scaled, share=0.5),
    "thumbnail": _thumbnail,
    "mirrored": _mirrored,
}


def cache_folder() -> Path:
    """Where downloads of tests are kept. Not created here."""
    named = os.environ.get("ZOEKLICHT_CACHE")
    return Path(named) if named else Path(__file__).parent.parent / ".cache"


def _shipped() -> list[Path]:
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise NoPhotographsError("scikit-image is not installed; `make test` installs it.")
    paths = [Path(found.origin).parent / "data" / name for name in _IN_SCIKIT_IMAGE]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise NoPhotographsError(f"This version of scikit-image does not ship {', '.join(missing)}.")
    return paths


def _fetched() -> Path:
    kept = cache_folder() / "photographs" / _PACKAGE
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            _unpack(Path(scratch))
            try:
                (Path(scratch) / "unpacked" / _FOLDER).rename(kept)
            except OSError:
                if not kept.exists():  # else another run was quicker
                    raise
    if len(list(kept.glob("*.jpg"))) < _AT_LEAST:
        raise NoPhotographsError(f"{kept} holds too few photographs. Remove it, so that it is fetched anew.")
    return kept


def _unpack(folder: Path) -> None:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise NoPhotographsError(
                f"{tool} is missing. Unpack Debian's {_PACKAGE} elsewhere and copy its {_FOLDER.name} folder to "
                f"photographs/{_PACKAGE} in the cache folder."
            )
    download = ["apt-get", "download", _PACKAGE]
    if not _succeeds(download, folder):
        # On a fresh machine there is no list of packages yet.
        _succeeds(["apt-get", "update"], folder)
        if not _succeeds(download, folder):
            raise NoPhotographsError(
                f"`apt-get download {_PACKAGE}` failed. Run `apt-get update` as root and try again, online."
            )
    package = next(folder.glob("*.deb"))
    if not _succeeds(["dpkg", "-x", package.name, "unpacked"], folder):
        raise NoPhotographsError(f"{_PACKAGE} cannot be unpacked. Is there room in the cache folder?")


def _succeeds(command: list[str], folder: Path) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
