"""A hashing process: reads pictures from standard input, answers with hashes on standard output, writes nothing else.

Started by `HashingPool`, as `python -m crawler.hashing.worker ORDERS`. It limits itself before it meets the first
picture, and ends when its input does, so that a crawler that was killed leaves none behind.
"""

import math
import os
import resource
import signal
import sys
import time
import warnings
from typing import IO

import msgspec
from PIL import AvifImagePlugin, Image

from crawler.hashing.frames import read_frame, write_frame
from crawler.hashing.inside import Going, Task, Told
from crawler.hashing.looks import hash_picture
from crawler.hashing.orders import OUT_OF_MEMORY, READY, Orders
from crawler.hashing.walking import walk

_GRACE_S = 5
"""How much longer than its time limit a picture may take before the process ends itself: the pool kills it earlier,
so this is only for a worker whose pool has died in the midst of a picture."""
_SELDOM_S = 0.5


def main(argument: str) -> None:
    """Hash until the input ends."""
    # Ctrl-C in a terminal goes to every process there. The pool's owner decides what it means (and has seen to it that
    # none came while this process was starting).
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = msgspec.json.decode(argument, type=Orders)
    _limit(resource.RLIMIT_CORE, 0)
    # Within this process alone, and never shown: its standard error goes nowhere.
    warnings.simplefilter("ignore")

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Pillow refuses twice as many by the header, before a decoder allocates its canvas.
    Image.MAX_IMAGE_PIXELS = max(1, orders.limits.max_pixels // 2)
    hash_picture(_ANY_PICTURE, orders.limits)
    _limit(resource.RLIMIT_AS, orders.memory_mb * 2**20)
    # Not a byte into any file from here on; pipes are none.
    _limit(resource.RLIMIT_FSIZE, 0)

    pictures, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get in between the frames.
    os.dup2(2, 1)
    write_frame(answers, READY)
    while (order := read_frame(pictures)) is not None and (data := read_frame(pictures)) is not None:
        task = msgspec.msgpack.decode(order, type=Task)
        telling = _Telling(answers, orders.seconds)
        telling.goes_on()
        if task.archive:
            walk(data, task, orders.limits, orders.unpack_limits, telling.tell)
        else:
            hashed = hash_picture(data, orders.limits)
            del data
            write_frame(answers, msgspec.msgpack.encode(hashed))
        signal.alarm(0)


class _Telling:
    """Tells the pool of each thing in an archive. That it still unpacks, no more than twice a second."""

    def __init__(self, answers: IO[bytes], seconds: float) -> None:
        self._answers = answers
        self._seconds = math.ceil(seconds) + _GRACE_S
        self._last = time.monotonic()

    def goes_on(self) -> None:
        # An alarm that nobody catches ends the process, however deep in a decoder it is.
        signal.alarm(self._seconds)

    def tell(self, told: Told) -> None:
        now = time.monotonic()
        if isinstance(told, Going) and now - self._last < _SELDOM_S:
            return
        self._last = now
        self.goes_on()
        write_frame(self._answers, msgspec.msgpack.encode(told))


_ANY_PICTURE = b"GIF87a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
"""One pixel. Hashing it loads what libraries load late (SciPy's FFT), before memory is limited and time is measured."""


def _limit(which: int, value: int) -> None:
    """Lower a limit; never above the hard one that the process was started with."""
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BrokenPipeError:
        # The pool has gone, and nobody is left to tell.
        os._exit(0)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
