"""What one picture of 12 megapixels takes in a fresh process, beyond what that held when it was ready to begin.

Run as `python -m benchmarks.hashing.memory ours|plain` with the picture on standard input, it prints MB.
"""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.hashing.peer import ours, plain
from tests.photographs import encoded, photographs

_SIDES = {"ours": ours, "plain": plain}
_STATUS = Path("/proc/self/status")


def peak_mb(side: str) -> float:
    """Of one side, measured in a process of its own."""
    with Image.open(photographs()[-1]) as opened:
        picture = ImageOps.fit(opened.convert("RGB"), (4000, 3000))
    command = [sys.executable, "-m", "benchmarks.hashing.memory", side]
    # One thread and one arena, as in the hashing processes of a crawler.
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    data = encoded(picture, "JPEG", quality=85)
    return float(subprocess.run(command, input=data, capture_output=True, check=True, env=environ).stdout)


def _measured(side: str) -> float:
    work = _SIDES[side]
    work(encoded(Image.new("RGB", (64, 64)), "JPEG"))
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak begins anew
    before = _kb("VmRSS")
    work(sys.stdin.buffer.read())
    return (_kb("VmHWM") - before) / 1024


def _kb(field: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


if __name__ == "__main__":
    print(round(_measured(sys.argv[1]), 1))
