"""The galleries that are crawled: each a site of its own, made anew by a public generator at each run."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.site import sigal, thumbsup


def _cards(photographs: Path, site: Path) -> None:
    thumbsup.generate(photographs, site, "cards", "--output-structure", "suffix", "--embed-exif")


def _flow(photographs: Path, site: Path) -> None:
    thumbsup.generate(photographs, site, "flow", "--photo-download", "copy", "--albums-output-folder", "albums")


def _galleria(photographs: Path, site: Path) -> None:
    sigal.generate(photographs, site, "galleria")


def _colorbox(photographs: Path, site: Path) -> None:
    sigal.generate(photographs, site, "colorbox", plugins=["sigal.plugins.media_page"])


GALLERIES: Mapping[str, Callable[[Path, Path], None]] = {
    "thumbsup-cards": _cards,
    "thumbsup-flow": _flow,
    "sigal-galleria": _galleria,
    "sigal-colorbox": _colorbox,
}
"""Cards: album covers are backgrounds, sizes are endings of file names. Flow: originals only by the light box's
download button, albums in a folder of their own. Galleria: pictures only in a script. Colorbox: a page a picture."""


def generate_all(photographs: Path, folder: Path) -> dict[str, Path]:
    """Make all galleries; gives their folders by name."""
    sites = {name: folder / name for name in GALLERIES}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(make, photographs, sites[name]) for name, make in GALLERIES.items()]:
            done.result()
    return sites
