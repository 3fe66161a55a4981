"""Bytes in, hashes out, in memory. The door: a pool of processes, its table, and the pure functions they run."""

from crawler.hashing.configuration import HashingTable
from crawler.hashing.digests import Digester
from crawler.hashing.errors import HashingClosedError, HashingQueueFullError, HashingUnavailableError
from crawler.hashing.films import is_video
from crawler.hashing.inside import HashedInside, Unpacked
from crawler.hashing.looks import Hashed, Limits, hash_picture
from crawler.hashing.pool import HashingPool

__all__ = [
    "Digester",
    "Hashed",
    "HashedInside",
    "HashingClosedError",
    "HashingPool",
    "HashingQueueFullError",
    "HashingTable",
    "HashingUnavailableError",
    "Limits",
    "Unpacked",
    "hash_picture",
    "is_video",
]
