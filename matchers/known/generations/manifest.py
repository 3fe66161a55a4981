"""Which generation answers: a small file that is replaced in one step, so that nobody ever sees half of a swap."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from crawler.contract.records import UtcTime
from crawler.contract.struct import Record
from matchers.contract.records import Algorithm
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.durable import durable_file, sync_folder

FORMAT: Final = 1
_NAME: Final = "manifest.json"


class FileMark(Record, frozen=True, kw_only=True):
    """One file of a generation."""

    size: int
    checksum: str
    """BLAKE2b-256 of all its bytes, hex."""


class Manifest(Record, frozen=True, kw_only=True):
    """The present generation of a known set's index. Holds no hash."""

    format: int
    generation: str
    """The folder that holds its files. It is never written again."""
    version: int
    """Of the known set that it holds."""
    fingerprint: str
    """Of the veil's key, hex."""
    store: str
    """Which store it was built from: numbers of another store's entries would name the wrong ones."""
    counts: Mapping[Algorithm, int]
    """Entries of each algorithm."""
    files: Mapping[str, FileMark]
    built_at: UtcTime
    build_seconds: float

    @property
    def entries(self) -> int:
        """Of all algorithms."""
        return sum(self.counts.values())

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(mark.size for mark in self.files.values())


def index_folder(file: Path) -> Path:
    """Where the generations of the known set in `file` lie: beside it."""
    return file.with_name(f"{file.name}.index")


def read_manifest(folder: Path) -> Manifest | None:
    """The present generation's; None where none was built yet. Raises `DamagedGenerationError` if it cannot be used."""
    try:
        manifest = msgspec.json.decode((folder / _NAME).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise DamagedGenerationError(f"the index's manifest cannot be read ({type(error).__name__})") from None
    if manifest.format != FORMAT:
        raise DamagedGenerationError(f"the index has format {manifest.format}; this version reads format {FORMAT}")
    if Path(manifest.generation).name != manifest.generation or manifest.generation.startswith("."):
        raise DamagedGenerationError("the index's manifest names no generation of its own folder")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put it in the place of the one before, in one step; it is on disk when this returns. Raises `OSError`.

    One writer at a time: the builder, which holds the folder's lock.
    """
    beside = folder / f"{_NAME}.new"
    with durable_file(beside, replacing=True) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    beside.replace(folder / _NAME)
    sync_folder(folder)
