"""Bytes in, hashes out: the whole of hashing as one pure function. The worker processes call it, tests do too."""

from crawler.contract.reasons import Reason
from crawler.contract.records import Digests, Looks
from crawler.contract.struct import Record
from crawler.hashing.decode import decode_luma
from crawler.hashing.digests import digests_of
from crawler.hashing.pdq import pdq
from crawler.hashing.perceptual import perceptual


class Limits(Record, frozen=True, kw_only=True):
    """What hashing one picture may cost, and whether to turn it."""

    max_pixels: int
    dihedral: bool


class Hashed(Record, frozen=True, kw_only=True):
    """What is known of a picture once its bytes are forgotten. Exactly one of `looks` and `undecoded` is there."""

    digests: Digests
    looks: Looks | None = None
    undecoded: Reason | None = None
    """Why there are no looks."""


def hash_picture(data: bytes, limits: Limits) -> Hashed:
    """All hashes of a picture. Never raises for any bytes; the exact digests are there for all of them.

    Holds no time limit, and no memory limit but the process's own: untrusted bytes belong into a `HashingPool`.
    """
    digests = digests_of(data)
    try:
        looks = _looks(data, limits)
    except MemoryError:
        looks = Reason.DECODE_MEMORY
    if isinstance(looks, Reason):
        return Hashed(digests=digests, undecoded=looks)
    return Hashed(digests=digests, looks=looks)


def _looks(data: bytes, limits: Limits) -> Looks | Reason:
    luma = decode_luma(data, max_pixels=limits.max_pixels)
    if isinstance(luma, Reason):
        return luma
    height, width = luma.shape
    likeness = pdq(luma, dihedral=limits.dihedral)
    support = perceptual(luma)
    return Looks(
        width=width,
        height=height,
        pdq=likeness.bits,
        pdq_quality=likeness.quality,
        pdq_dihedral=likeness.dihedral,
        phash=support.phash,
        dhash=support.dhash,
    )
