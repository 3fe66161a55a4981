"""Bytes in, hashes out, in memory. The door: a pool of processes, its table, and the pure function they run."""

from crawler.hashing.configuration import HashingTable
from crawler.hashing.errors import HashingClosedError, HashingQueueFullError, HashingUnavailableError
from crawler.hashing.looks import Hashed, Limits, hash_picture
from crawler.hashing.pool import HashingPool

__all__ = [
    "Hashed",
    "HashingClosedError",
    "HashingPool",
    "HashingQueueFullError",
    "HashingTable",
    "HashingUnavailableError",
    "Limits",
    "hash_picture",
]
