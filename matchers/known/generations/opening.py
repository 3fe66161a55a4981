"""Opening the present generation: every file is checked first, then only mapped."""

from pathlib import Path
from typing import Final

from matchers.contract.errors import StoreRefusedError
from matchers.known.exact import DigestIndex
from matchers.known.generations.bits64 import Bits64Index
from matchers.known.generations.checksums import file_mark
from matchers.known.generations.columns import open_columns
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.indexes import Indexes
from matchers.known.generations.manifest import Manifest, read_manifest
from matchers.known.generations.values import ALGORITHMS, BITS64, EXACT
from matchers.known.near import open_near_index, verify_near_index

FILES: Final = {name: f"{name}.near" if name == "pdq" else f"{name}.columns" for name in ALGORITHMS}
"""The file of each algorithm in a generation's folder."""

_ATTEMPTS: Final = 5
"""A builder may take the folder away while it is being opened; then another generation is there already."""


class Generation:
    """One generation, mapped. Its memory goes when the last one who uses it lets go, its files whenever they may."""

    def __init__(self, manifest: Manifest, indexes: Indexes) -> None:
        self.manifest = manifest
        self.indexes = indexes


def open_generation(folder: Path, *, fingerprint: bytes) -> Generation | None:
    """The present one; None where none was built yet.

    Raises `DamagedGenerationError` where it is damaged or was built with another veil key.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        try:
            return Generation(manifest, _opened(folder / manifest.generation, manifest, fingerprint))
        except (DamagedGenerationError, StoreRefusedError, OSError) as error:
            now = read_manifest(folder)
            if attempt == _ATTEMPTS or now is None or now.generation == manifest.generation:
                what = str(error) if isinstance(error, DamagedGenerationError) else type(error).__name__
                raise DamagedGenerationError(f"generation {manifest.generation} cannot be used: {what}") from None
    return None


def check_generation(folder: Path, manifest: Manifest) -> None:
    """Compare every byte of its files with the manifest's checksums. Raises `DamagedGenerationError`."""
    for name, mark in manifest.files.items():
        try:
            found = file_mark(folder / manifest.generation / name)
        except OSError as error:
            raise DamagedGenerationError(f"{name} cannot be read ({type(error).__name__})") from None
        if found != mark:
            raise DamagedGenerationError(f"{name} is damaged")


def _opened(folder: Path, manifest: Manifest, fingerprint: bytes) -> Indexes:
    if manifest.fingerprint != fingerprint.hex():
        raise DamagedGenerationError("it was built with another veil key")
    for name in FILES.values():
        mark = manifest.files.get(name)
        if mark is None or (folder / name).stat().st_size != mark.size:
            raise DamagedGenerationError(f"{name} is not as long as it was")
    near = folder / FILES["pdq"]
    verify_near_index(near, order=fingerprint)
    columns = {
        name: open_columns(folder / FILES[name], kind=name, version=manifest.version, fingerprint=fingerprint)
        for name in (*EXACT, *BITS64)
    }
    try:
        indexes = Indexes(
            digests={name: DigestIndex(columns[name]) for name in EXACT},
            pdq=open_near_index(near, order=fingerprint),
            bits64={name: Bits64Index(columns[name]) for name in BITS64},
        )
    except (KeyError, ValueError):
        raise DamagedGenerationError("a file holds other columns") from None
    if indexes.counts() != dict(manifest.counts):
        raise DamagedGenerationError("it holds another number of entries than it says")
    return indexes
