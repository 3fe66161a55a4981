"""What people ask of the index: how far behind the store it is, and whether it is sound."""

import fcntl
import os
from pathlib import Path
from typing import Final

import numpy as np

from crawler.contract.struct import Record
from matchers.contract.records import Algorithm
from matchers.known.exact import Numbers
from matchers.known.generations.building import LOCK
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.indexes import Indexes
from matchers.known.generations.manifest import Manifest, read_manifest
from matchers.known.generations.opening import check_generation, open_generation
from matchers.known.generations.overlay import overlay_since
from matchers.known.generations.values import ALGORITHMS, BITS64, Values, gathered
from matchers.known.store import KnownStore

_AT_ONCE: Final = 10_000


class IndexStatus(Record, frozen=True, kw_only=True):
    """How the index stands. Holds no hash."""

    manifest: Manifest | None
    """None where none was built yet, or it cannot be read."""
    version: int
    """Of the store."""
    behind: int
    """Entries added or withdrawn since, which every matcher holds in memory."""
    building: bool
    """A process is at it."""


def index_status(store: KnownStore, folder: Path) -> IndexStatus:
    """Quick: reads no file of the generation."""
    try:
        manifest = read_manifest(folder)
    except DamagedGenerationError:
        manifest = None
    with store.snapshot() as snapshot:
        if manifest is not None and snapshot.mark(manifest.version) != manifest.store:
            manifest = None
        return IndexStatus(
            manifest=manifest,
            version=snapshot.version,
            behind=snapshot.changed_since(manifest.version if manifest else 0),
            building=_is_locked(folder / LOCK),
        )


def verify_index(store: KnownStore, folder: Path) -> int:
    """Compare every byte with the manifest's checksums, then look every active entry of the store up in the index.

    Returns how many were found: all of them. Raises `DamagedGenerationError` where a file is damaged or an entry is not
    found; nothing but a build puts it right. Takes seconds a million entries.
    """
    fingerprint = store.veil.fingerprint
    generation = open_generation(folder, fingerprint=fingerprint)
    with store.snapshot() as snapshot:
        if generation is not None and snapshot.mark(generation.manifest.version) != generation.manifest.store:
            raise DamagedGenerationError("the index was built from another known set. Run: zoeklicht known build")
        if generation is not None:
            check_generation(folder, generation.manifest)
        overlay = overlay_since(snapshot, generation.manifest.version if generation else 0, fingerprint=fingerprint)
        layers = [overlay.indexes, *([generation.indexes] if generation else [])]
        seen = 0
        for algorithm in ALGORITHMS:
            for block in snapshot.values(algorithm):
                values = gathered([block], algorithm)
                for start in range(0, len(values.numbers), _AT_ONCE):
                    part = Values(values.numbers[start : start + _AT_ONCE], values.hashes[start : start + _AT_ONCE])
                    _look_up(layers, algorithm, part)
                seen += len(values.numbers)
    return seen


def _look_up(layers: list[Indexes], algorithm: Algorithm, values: Values) -> None:
    found = np.concatenate([_found(indexes, algorithm, values) for indexes in layers])
    missing = len(np.setdiff1d(values.numbers, found))
    if missing:
        raise DamagedGenerationError(
            f"{missing} entries ({algorithm}) are not found in the index. Run: zoeklicht known build"
        )


def _found(indexes: Indexes, algorithm: Algorithm, values: Values) -> Numbers:
    """Numbers of entries that are found under the hash they have."""
    if algorithm == "pdq":
        rows, numbers, _ = indexes.pdq.find(values.hashes, distance=0)
    elif algorithm in BITS64:
        rows, numbers, distances = indexes.bits64[algorithm].find(values.hashes)
        rows, numbers = rows[distances == 0], numbers[distances == 0]
    else:
        rows, numbers = indexes.digests[algorithm].find(values.hashes)  # type: ignore[index]  # the three left
    return np.asarray(numbers[values.numbers[rows] == numbers])


def _is_locked(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
