"""`python -m matchers.known.generations FILE`: one build of the index beside the known set in FILE.

What matchers start; people use `zoeklicht known build`. The veil's key, 32 bytes, comes in through standard input.
"""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

from matchers.contract.errors import MatcherError
from matchers.known.generations.background import BUSY
from matchers.known.generations.building import BuildingElsewhereError, build_generation
from matchers.known.generations.manifest import index_folder
from matchers.known.store import KnownStore
from matchers.veil import VEIL_KEY_BYTES, Veil

_NICE = 10
"""Matchers go first."""


def main() -> int:
    """Build, and return the exit code: 0 when the store's version is built, 75 when another process is building."""
    parser = argparse.ArgumentParser(prog="python -m matchers.known.generations")
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    os.nice(_NICE)
    veil = Veil(sys.stdin.buffer.read(VEIL_KEY_BYTES))
    try:
        store = KnownStore(arguments.file, time.time, veil)
        try:
            build_generation(store, index_folder(arguments.file), clock=time.time, threads=arguments.threads)
        finally:
            store.close()
    except BuildingElsewhereError:
        return BUSY
    except MatcherError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - its text says all, and what to do
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
