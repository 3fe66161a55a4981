"""Both sides: ours as the crawler calls it, and plain wiring of the public libraries as their examples have it."""

import io

import imagehash
import numpy as np
import pdqhash
from PIL import Image

from crawler.hashing import HashingTable, hash_picture

LIMITS = HashingTable().limits
"""The defaults: with the seven turns and flips."""


def ours(data: bytes) -> object:
    """All of it: three digests, PDQ with its seven turns and flips, pHash, dHash."""
    return hash_picture(data, LIMITS)


def plain(data: bytes) -> object:
    """PDQ and pHash."""
    with Image.open(io.BytesIO(data)) as opened:
        colour = opened.convert("RGB")
    return imagehash.phash(colour), pdqhash.compute(np.asarray(colour))
