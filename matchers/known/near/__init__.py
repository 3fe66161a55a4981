"""Finds 256-bit hashes within a Hamming distance: exact. One interface, one file format, two implementations."""

from matchers.known.near.choosing import build_near_index, native_available, open_near_index
from matchers.known.near.file import verify_near_index
from matchers.known.near.index import NearIndex, Pairs
from matchers.known.near.plan import MAX_DISTANCE

__all__ = [
    "MAX_DISTANCE",
    "NearIndex",
    "Pairs",
    "build_near_index",
    "native_available",
    "open_near_index",
    "verify_near_index",
]
