"""`python -m benchmarks.hashing`: CPU, memory, bits and recall of hashing beside the public libraries, as JSON.

`--recall` prints the table of docs/recall.md instead.
"""

import argparse
import json
import os
import sys

# As in the hashing processes: one thread, or else NumPy's would take other cores into one figure.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from PIL import Image

from benchmarks.hashing.memory import peak_mb
from benchmarks.hashing.mix import pictures
from benchmarks.hashing.pace import pace, two_threads
from benchmarks.hashing.recall import beside_plain, by_preparation, markdown
from crawler.hashing.native import native_core
from crawler.hashing.pdq import pdq
from tests.photographs import photographs
from tests.unit.hashing.reference import distance, luma_of, reference_pdq

_LONGEST = 1600


def main() -> None:
    parser = argparse.ArgumentParser(description="What hashing costs, beside plain wiring of the public libraries.")
    parser.add_argument("--pictures", type=int, default=4, help="at most so many of each kind of the mix")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement, of which the best counts")
    parser.add_argument("--longest", type=int, default=_LONGEST, help="side of the photographs that recall is seen on")
    parser.add_argument("--recall", action="store_true", help="print only the table of docs/recall.md")
    arguments = parser.parse_args()
    if arguments.recall:
        print(markdown(by_preparation(arguments.longest)))
        return
    mix = list(pictures(arguments.pictures))
    recall = beside_plain(arguments.longest)
    report = {
        "native_core": native_core() is not None,
        **pace(mix, arguments.rounds),
        **two_threads(list(pictures(1)), 10 * arguments.rounds),
        "peak_rss_12mp_mb": peak_mb("ours"),
        "peak_rss_12mp_mb_naive": peak_mb("plain"),
        "pdq_max_bits_vs_pdqhash": _most_bits(),
        "recall": recall,
        "recall_worse_than_plain": [name for name, cell in recall.items() if cell["ours_upright"] < cell["plain"]],
        "machine": f"shared, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores",
    }
    json.dump(report, sys.stdout, indent=2)
    print()


def _most_bits() -> int:
    """The largest distance from `pdqhash` on the same luma, over all photographs in several sizes."""
    most = 0
    for path in photographs():
        with Image.open(path) as opened:
            grey = opened.convert("L")
        for longest in (None, 640, 321, 150):
            luma = np.asarray(luma_of(grey, longest=longest))
            most = max(most, distance(pdq(luma, dihedral=True).bits, reference_pdq(luma)[0]))
    return most


if __name__ == "__main__":
    main()
