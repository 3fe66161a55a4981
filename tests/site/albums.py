"""Photographs in folders as someone might keep them: nested, with names that have to be escaped in addresses."""

import shutil
from collections.abc import Sequence
from pathlib import Path

ALBUMS = (
    "Holiday 2019",
    "Holiday 2019/Coast & sea",
    "Städte",
    "Grandma's attic",
    "Grandma's attic/Old/50% #1",
)


def lay_out(photographs: Sequence[Path], folder: Path) -> None:
    """Deal the photographs, under their own names, to the albums."""
    for number, photograph in enumerate(photographs):
        album = folder / ALBUMS[number % len(ALBUMS)]
        album.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photograph, album / photograph.name)
