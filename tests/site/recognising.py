"""Which photograph a picture is of, and whether the system owes a hit for it: told from the file, not from a crawl."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from crawler.hashing import Hashed, Limits, hash_picture
from zoeklicht.practice.truth import KnownPicture

DISTANCE = 31
"""PDQ, bits: up to here two pictures are the same one."""
QUALITY = 50
"""Below this PDQ quality a picture's looks say nothing, and only its digest counts."""

_LIMITS = Limits(max_pixels=50_000_000, dihedral=True)


def known_pictures(photographs: Iterable[Path]) -> list[KnownPicture]:
    """Entries for a known list, each under its photograph's name."""
    found = []
    for photograph in photographs:
        hashed = hash_picture(photograph.read_bytes(), _LIMITS)
        assert hashed.looks is not None
        digests = hashed.digests
        found.append(
            KnownPicture(list_id=photograph.stem, sha256=digests.sha256, md5=digests.md5, pdq=hashed.looks.pdq)
        )
    return found


def is_known(picture: Path, known: Sequence[KnownPicture]) -> bool:
    """Whether the file is one of them byte for byte, or looks like one, turned or flipped perhaps."""
    hashed = hash_picture(picture.read_bytes(), _LIMITS)
    return any(each.sha256 == hashed.digests.sha256 or _alike(hashed, each) for each in known)


def _alike(hashed: Hashed, known: KnownPicture) -> bool:
    looks = hashed.looks
    if looks is None or looks.pdq_quality < QUALITY or known.pdq is None:
        return False
    return any(_distance(one, known.pdq) <= DISTANCE for one in (looks.pdq, *looks.pdq_dihedral))


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()
