"""How alike the practice web's pictures are, by the very hashing that is being practised: so the truth is true."""

from crawler.contract.records import Digests, Looks
from crawler.hashing import Limits, hash_picture

_LIMITS = Limits(max_pixels=50_000_000, dihedral=False)


def looks_and_digests(data: bytes) -> tuple[Looks, Digests]:
    """The hashes of a picture that is known to be intact."""
    hashed = hash_picture(data, _LIMITS)
    assert hashed.looks is not None
    return hashed.looks, hashed.digests


def pdq_of(data: bytes) -> int:
    """The PDQ of an intact picture, as a number."""
    return int(looks_and_digests(data)[0].pdq, 16)


def distance(one: int, other: int) -> int:
    """The bits in which two hashes differ."""
    return (one ^ other).bit_count()
