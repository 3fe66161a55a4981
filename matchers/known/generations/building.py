"""Builds a generation aside and puts it in the place of the one before, in one step.

Whoever is killed on the way leaves a folder that nobody looks at; the next builder takes it away.
"""

import fcntl
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from crawler.contract.clock import Clock
from matchers.contract.errors import StoreUnavailableError
from matchers.contract.records import Algorithm
from matchers.known.exact import DigestIndex
from matchers.known.generations.bits64 import Bits64Index
from matchers.known.generations.checksums import file_mark
from matchers.known.generations.columns import write_columns
from matchers.known.generations.damage import DamagedGenerationError
from matchers.known.generations.durable import sync_folder
from matchers.known.generations.manifest import FORMAT, Manifest, read_manifest, write_manifest
from matchers.known.generations.opening import FILES, check_generation
from matchers.known.generations.values import ALGORITHMS, EXACT, gathered
from matchers.known.near import build_near_index
from matchers.known.snapshot import KnownSnapshot
from matchers.known.store import KnownStore

LOG = logging.getLogger(__name__)

LOCK: Final = "build.lock"
_BUILDING: Final = "building-"
_BUILT: Final = "generation-"


class BuildingElsewhereError(StoreUnavailableError):
    """Another process is building this index. Wait for it."""


def build_generation(store: KnownStore, folder: Path, *, clock: Clock, threads: int = 1) -> Manifest:
    """Make the store's present version the generation in `folder`, unless it is already, whole and undamaged.

    One builder at a time: raises `BuildingElsewhereError` while another one is at work. Matchers use the old
    generation until the new one is on disk, whole; killed at any moment, the old one stays. Raises
    `StoreUnavailableError` where there is no room, leaving nothing behind. Takes about 190 bytes of memory an entry,
    which is why matchers have it done by a process of its own.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            return _built_alone(store, folder, clock, threads)
    except OSError as error:
        raise StoreUnavailableError(
            f"{folder}: the index cannot be written ({error.strerror or type(error).__name__}). Matchers go on with "
            "what they have. Make room where it lies, then: zoeklicht known build"
        ) from None


def _built_alone(store: KnownStore, folder: Path, clock: Clock, threads: int) -> Manifest:
    present = _present(folder)
    _sweep(folder, present)
    with store.snapshot() as snapshot:
        if present and _still_good(present, folder, snapshot, store.veil.fingerprint):
            return present
        manifest = _write(store, snapshot, folder, clock, threads)
    write_manifest(folder, manifest)
    _sweep(folder, manifest)
    LOG.info("known set: generation %s built, %d entries", manifest.generation, manifest.entries)
    return manifest


def _present(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except DamagedGenerationError as error:
        LOG.warning("%s: it is built anew", error)
        return None


def _still_good(present: Manifest, folder: Path, snapshot: KnownSnapshot, fingerprint: bytes) -> bool:
    asked = (snapshot.version, snapshot.mark(snapshot.version), fingerprint.hex())
    if (present.version, present.store, present.fingerprint) != asked:
        return False
    try:
        check_generation(folder, present)
    except DamagedGenerationError as error:
        LOG.warning("generation %s: %s; it is built anew", present.generation, error)
        return False
    return True


def _write(store: KnownStore, snapshot: KnownSnapshot, folder: Path, clock: Clock, threads: int) -> Manifest:
    began = time.monotonic()
    mark = snapshot.mark(snapshot.version)
    assert mark is not None, "a snapshot's own version is one of its history"
    suffix = f"{snapshot.version}-{secrets.token_hex(4)}"
    aside, name = folder / f"{_BUILDING}{suffix}", f"{_BUILT}{suffix}"
    fingerprint = store.veil.fingerprint
    aside.mkdir(mode=0o700)
    try:
        counts = {algorithm: _write_one(snapshot, aside, algorithm, fingerprint, threads) for algorithm in ALGORITHMS}
        files = {file: file_mark(aside / file) for file in FILES.values()}
        sync_folder(aside)
        aside.rename(folder / name)
        sync_folder(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Manifest(
        format=FORMAT,
        generation=name,
        version=snapshot.version,
        fingerprint=fingerprint.hex(),
        store=mark,
        counts=counts,
        files=files,
        built_at=datetime.fromtimestamp(clock(), UTC),
        build_seconds=round(time.monotonic() - began, 3),
    )


def _write_one(snapshot: KnownSnapshot, aside: Path, algorithm: Algorithm, fingerprint: bytes, threads: int) -> int:
    """One algorithm's file; all memory that it takes is given back before the next one's."""
    values = gathered(snapshot.values(algorithm), algorithm)
    file = aside / FILES[algorithm]
    if algorithm == "pdq":
        near = build_near_index(values.hashes, values.numbers, order=fingerprint, threads=threads)
        near.save(file)
        near.close()
    else:
        kind = DigestIndex if algorithm in EXACT else Bits64Index
        columns = kind.built(values.hashes, values.numbers).columns
        write_columns(file, columns, kind=algorithm, version=snapshot.version, fingerprint=fingerprint)
    return len(values.numbers)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the lock, which goes with the process, however it ends."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildingElsewhereError(
                f"{folder}: another process is building this index. Wait until it has ended: zoeklicht known status"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _sweep(folder: Path, present: Manifest | None) -> None:
    """Take away all that neither answers nor will: what a killed builder left, and the generations before.

    A process that has one of them mapped keeps it until it lets go: on one machine, a file that was removed lives on
    while it is in use.
    """
    for each in folder.iterdir():
        ours = each.name.startswith((_BUILDING, _BUILT)) and each.is_dir()
        if ours and (present is None or each.name != present.generation):
            shutil.rmtree(each)
