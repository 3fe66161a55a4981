"""What the worst pictures cost: `python -m benchmarks.bad_pictures` prints JSON, one entry for each hostile picture.

Each is hashed by a fresh process under the default limits: its reason, the seconds until the answer, and the process's
peak of resident memory. Then photographs, for CPU time: ours next to plain wiring of the public libraries. Leaves out
the fetching, and what the pictures cost the crawler itself (one copy of the bytes).
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

# As in the processes of the pool: one thread, or else the plain wiring would use all cores and ours one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import imagehash
import numpy as np
import pdqhash
from PIL import Image

from crawler.hashing import HashingPool, HashingTable, hash_picture
from crawler.hashing.pdq import pdq
from tests.hostile_pictures import HOSTILE
from tests.photographs import encoded, photographs

SIZES = {"400x300": (400, 300), "1280x960": (1280, 960), "4000x3000": (4000, 3000)}


def main() -> None:
    table = HashingTable(workers=1)
    baseline = _cost(table, b"")["peak_rss_mb"]
    report = {
        "limits": {"memory_mb": table.memory_mb, "seconds": table.seconds, "max_pixels": table.max_pixels},
        "idle_process_rss_mb": baseline,
        "pictures": {name: _cost(table, hostile.make()) for name, hostile in HOSTILE.items()},
        "cpu_ms_a_picture": {name: _photograph(size, table) for name, size in SIZES.items()},
    }
    json.dump(report, sys.stdout, indent=2)
    print()


def _cost(table: HashingTable, data: bytes) -> dict[str, object]:
    pool = HashingPool(table)
    try:
        pool.submit(b"").result()  # the process has started
        (pid,) = pool.pids
        start = time.perf_counter()
        hashed = pool.submit(data).result()
        seconds = time.perf_counter() - start
        died = pool.pids != (pid,)
        return {
            "bytes": len(data),
            "undecoded": hashed.undecoded,
            "seconds": round(seconds, 3),
            "peak_rss_mb": None if died else _peak_mb(pid),
        }
    finally:
        pool.close()


def _peak_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _photograph(size: tuple[int, int], table: HashingTable) -> dict[str, float]:
    with Image.open(photographs()[-1]) as opened:
        data = encoded(opened.convert("RGB").resize(size, Image.Resampling.LANCZOS), "JPEG", quality=85)
    with Image.open(io.BytesIO(data)) as opened:
        luma = np.asarray(opened.convert("L"))
    return {
        "pdq_alone": _cpu_ms(lambda: pdq(luma, dihedral=False)),
        "pdq_with_turns": _cpu_ms(lambda: pdq(luma, dihedral=True)),
        "all_with_turns": _cpu_ms(lambda: hash_picture(data, table.limits)),
        "plain_wiring": _cpu_ms(lambda: _plain(data)),
    }


def _plain(data: bytes) -> object:
    """The same hashes by the public libraries alone, the way their examples have it; the digests left out."""
    colour = Image.open(io.BytesIO(data)).convert("RGB")
    return pdqhash.compute_dihedral(np.asarray(colour)), imagehash.phash(colour), imagehash.dhash(colour)


def _cpu_ms(work: Callable[[], object]) -> float:
    """The best of five, after one to warm up."""
    work()
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return round(min(times) * 1000, 2)


if __name__ == "__main__":
    main()
