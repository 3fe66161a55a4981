"""`python -m benchmarks.rematching --seen N --new M`: prints one JSON object. benchmarks/README.md tells what it holds.

N pictures lie in a real seen store, as a matcher kept them; M entries are imported into a real known store; the real
rematcher then matches the former with the latter, and its hits are stored. Some pictures are planted, at every distance
up to 40, so that what it finds is known beforehand.
"""

import argparse
import base64
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import faiss
import msgspec
import numpy as np
import numpy.typing as npt

from crawler.contract.records import ImageSeen
from matchers.contract.records import KnownEntry
from matchers.hits.sqlite import SqliteHitStore
from matchers.known import KnownStore
from matchers.known.exact import DigestIndex
from matchers.known.near import native_available
from matchers.rematching import Rematcher
from matchers.rematching.rematcher import HASHES_AT_ONCE
from matchers.seen import SeenStore, remembered
from matchers.seen.day import DayFile
from matchers.seen.picture import pack
from matchers.seen.stretch import Cells
from tests.known_sets import TEST_VEIL, add, known_store
from tests.pictures_seen import DIGEST_KEY, picture_seen

Codes = npt.NDArray[np.uint8]

BLOCK: Final = 256
DISTANCE: Final = 31
EVERY: Final = 40
"""One block in so many holds a planted picture."""
FARTHEST: Final = 40
HUNDRED_MILLION: Final = 100_000_000
_BATCHES: Final = 80
_SEALED_BYTES: Final = 270
"""An address, its page and a chain of four."""
LEFT_OUT = (
    "keeping the pictures in the store in the first place: see `kept`",
    "reading from a cold disk: what was just written is in the page cache",
    "entries with digests in the run itself: what each kind of them adds is `digest_us_per_picture`",
)


def main(arguments: Sequence[str]) -> None:
    """Measure, print."""
    options = _options(arguments)
    rng = np.random.default_rng(options.seed)
    known = rng.integers(0, 256, (options.new, 32), dtype=np.uint8)
    report: dict[str, Any] = {"seen": options.seen, "new": options.new, "block": BLOCK, "distance": DISTANCE}
    with tempfile.TemporaryDirectory(prefix="zoeklicht-rematching-", dir=options.folder) as name:
        report["kept"] = {
            "upright": _kept(Path(name) / "kept upright", rng, turned=False),
            "all_8_views": _kept(Path(name) / "kept all", rng, turned=True),
        }
        for views, seen in (("upright", options.seen), ("all_8_views", options.seen // 8)):
            _say(f"{seen:,} pictures, {views}")
            report[views] = _rematched(Path(name) / views, known, seen, rng, turned=views != "upright")
    report["digest_us_per_picture"] = _digests(options.new, rng)
    report["peer"] = _peer(known, rng, options.peer_queries)
    ours = report["upright"]["us_per_picture"]
    report["ratio_vs_faiss_flat"] = round(report["peer"]["us_per_picture"] / ours, 1)
    print(json.dumps(report | _circumstances(), indent=1))


def _kept(folder: Path, rng: np.random.Generator, *, turned: bool) -> dict[str, Any]:
    """What keeping takes, by one process in batches of 256; with addresses of a common length."""
    store = _seen_store(folder)
    batches = [[_picture(rng, turned=turned) for _ in range(BLOCK)] for _ in range(_BATCHES)]
    began, cpu = time.perf_counter(), time.process_time()
    for batch in batches:
        store.append(batch, 1)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    store.close()
    number = _BATCHES * BLOCK
    size = sum(path.stat().st_size for path in folder.iterdir())
    return {
        "pictures_per_second": round(number / took),
        "pictures_per_cpu_second": round(number / cpu),
        "bytes_per_picture": round(size / number),
    }


def _picture(rng: np.random.Generator, *, turned: bool) -> ImageSeen:
    plain = picture_seen(rng.bytes(8).hex(), turned=[rng.bytes(32).hex() for _ in range(7)] if turned else ())
    assert plain.looks
    looks = msgspec.structs.replace(plain.looks, phash=rng.bytes(8).hex(), dhash=rng.bytes(8).hex())
    sealed = base64.urlsafe_b64encode(rng.bytes(_SEALED_BYTES)).decode()
    return msgspec.structs.replace(plain, looks=looks, sealed_address=sealed)


def _rematched(state: Path, known: Codes, seen: int, rng: np.random.Generator, *, turned: bool) -> dict[str, Any]:
    # Any: JSON.
    state.mkdir()
    planted = _fill(state / "seen", known, seen, rng, turned=turned)
    store = known_store(state / "known.sqlite", clock=time.time)
    _import(store, known)
    seen_store, hits = _seen_store(state / "seen"), SqliteHitStore(state / "hits.sqlite")
    rematcher = Rematcher(
        store,
        seen_store,
        hits,
        distance=DISTANCE,
        min_quality=0,
        dihedral=True,
        digest_key=DIGEST_KEY,
        clock=time.time,
    )
    cpu, wall = time.process_time(), time.perf_counter()
    progress = rematcher.rematch_additions()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    counts = seen_store.counts(store.version)
    near = sum(distance <= DISTANCE for distance in planted)
    for each in (store, seen_store, hits):
        each.close()
    return {
        "pictures": progress.pictures,
        "planted_within": near,
        "planted_beyond": len(planted) - near,
        "found": progress.found,
        "recall": round(min(progress.found, near) / near, 6),
        "false_positives": max(0, progress.found - near),
        "behind_afterwards": counts.behind,
        "cpu_seconds": round(cpu, 2),
        "wall_seconds": round(wall, 2),
        "pictures_per_cpu_second": round(progress.pictures / cpu),
        "us_per_picture": round(cpu / progress.pictures * 1e6, 3),
        "cpu_minutes_for_100_million": round(HUNDRED_MILLION / progress.pictures * cpu / 60, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _fill(folder: Path, known: Codes, seen: int, rng: np.random.Generator, *, turned: bool) -> list[int]:
    """Write the store as matchers would have; returns the distances of the planted pictures."""
    folder.mkdir()
    day = DayFile(folder / f"{datetime.now(UTC).date()}.sqlite", TEST_VEIL.fingerprint)
    # What belongs to a block's pictures is the same for all blocks but those with a planted one: only those are read.
    same = pack([remembered(picture_seen(str(number)), DIGEST_KEY) for number in range(BLOCK)])
    planted = []
    for number in range(seen // BLOCK):
        codes = rng.integers(0, 256, (BLOCK * (8 if turned else 1), 32), dtype=np.uint8)
        packed = same
        if number % EVERY == 0:
            distance = (number // EVERY) % (FARTHEST + 1)
            near = known[rng.integers(0, len(known))].copy()
            for bit in rng.choice(256, distance, replace=False):
                near[bit // 8] ^= 128 >> (bit % 8)
            codes[BLOCK // 2] = TEST_VEIL.near("pdq", near[None, :])[0]
            planted.append(distance)
            packed = pack([remembered(picture_seen(f"{number} {each}"), DIGEST_KEY) for each in range(BLOCK)])
        day.append(_cells(codes, rng, turned=turned), packed, pictures=BLOCK, last_at=datetime.now(UTC), version=0)
    day.close()
    return planted


def _cells(codes: Codes, rng: np.random.Generator, *, turned: bool) -> Cells:
    return Cells(
        md5=rng.bytes(16 * BLOCK),
        sha1=rng.bytes(16 * BLOCK),
        sha256=rng.bytes(16 * BLOCK),
        decoded=b"\1" * BLOCK,
        phash=rng.bytes(8 * BLOCK),
        dhash=rng.bytes(8 * BLOCK),
        upright_counts=b"\1" * BLOCK,
        upright_kinds=bytes(BLOCK),
        turned_counts=(b"\7" if turned else b"\0") * BLOCK,
        turned_kinds=bytes(range(1, 8)) * BLOCK if turned else b"",
        upright=codes[:BLOCK].tobytes(),
        turned=codes[BLOCK:].tobytes(),
    )


def _import(store: KnownStore, known: Codes) -> None:
    add(store, list(_entries(known)))


def _entries(known: Codes) -> Iterator[KnownEntry]:
    for number, code in enumerate(known):
        yield KnownEntry(algorithm="pdq", value=code.tobytes().hex(), list="new", list_id=str(number))


def _digests(new: int, rng: np.random.Generator) -> float:
    """CPU time to look one digest of each picture up, in stretches as long as the rematcher's."""
    index = DigestIndex.built(rng.integers(0, 256, (new, 16), dtype=np.uint8), np.arange(new))
    asked = rng.integers(0, 256, (HASHES_AT_ONCE, 16), dtype=np.uint8)
    began = time.process_time()
    index.find(asked)
    return round((time.process_time() - began) / HASHES_AT_ONCE * 1e6, 3)


def _peer(known: Codes, rng: np.random.Generator, queries: int) -> dict[str, Any]:
    """What faiss takes to scan the new entries, exactly, on one thread, for a sample: nothing read, nothing stored."""
    faiss.omp_set_num_threads(1)
    index = faiss.IndexBinaryFlat(256)
    index.add(known)
    asked = rng.integers(0, 256, (queries, 32), dtype=np.uint8)
    began = time.process_time()
    index.range_search(asked, DISTANCE + 1)
    took = time.process_time() - began
    return {
        "name": "faiss IndexBinaryFlat.range_search",
        "pictures": queries,
        "us_per_picture": round(took / queries * 1e6, 1),
        "cpu_minutes_for_100_million": round(HUNDRED_MILLION / queries * took / 60, 1),
    }


def _seen_store(folder: Path) -> SeenStore:
    return SeenStore(folder, time.time, TEST_VEIL, digest_key=DIGEST_KEY, days=30)


def _circumstances() -> dict[str, Any]:
    return {
        "native": native_available(),
        "left_out": LEFT_OUT,
        "machine": {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)},
        "versions": {name: version(name) for name in ("faiss-cpu", "numpy", "msgspec")},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seen", type=int, default=1_000_000, help="pictures; with all 8 views, an eighth of them")
    parser.add_argument("--new", type=int, default=100_000, help="entries")
    parser.add_argument("--peer-queries", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="where the stores are written, 0.4 kB a picture")
    parser.add_argument("--seed", type=int, default=5)
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
