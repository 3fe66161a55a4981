"""Judges a hash as a list writes it, for every importer: which algorithm, and is it one of that algorithm's?"""

import re
from typing import Final, get_args

from crawler.contract.digesting import keyed_digest
from matchers.contract.records import Algorithm

LENGTHS: Final[dict[Algorithm, int]] = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
"""Hexadecimal characters of each algorithm that is matched here."""

_OURS: Final[dict[str, Algorithm]] = {name: name for name in get_args(Algorithm)} | {
    "sha-1": "sha1",
    "sha-256": "sha256",
}
_FOREIGN: Final = frozenset(
    {"ahash", "dhash", "md4", "pdna", "phash", "photodna", "sha224", "sha384", "sha512", "ssdeep", "tlsh", "tmk"}
    | {"tmk_pdqf", "vpdq", "whash"}
)
_HEX: Final = re.compile(r"[0-9a-f]+")


class UnfitHashError(ValueError):
    """A hash or an algorithm that cannot be imported; the text is the reason and repeats nothing of the row."""


def known_algorithm(text: str) -> Algorithm:
    """The algorithm a list calls `text`, in any case. Raises `UnfitHashError` for one that is not matched here."""
    name = text.strip().lower()
    if name in _OURS:
        return _OURS[name]
    if not name:
        raise UnfitHashError("the algorithm is missing")
    if name in _FOREIGN:
        raise UnfitHashError(f"algorithm {name} is not matched here")
    # Whatever stands here may be a hash (columns swapped), so it is not repeated.
    raise UnfitHashError(f"the algorithm is none of {', '.join(LENGTHS)}")


def fit_hash(algorithm: Algorithm, text: str) -> str:
    """The hash in lower-case hex. Raises `UnfitHashError` when it is none of `algorithm`'s."""
    value = text.strip().lower()
    if not value:
        raise UnfitHashError("the hash is missing")
    if not _HEX.fullmatch(value):
        raise UnfitHashError("the hash is not hexadecimal")
    if len(value) != LENGTHS[algorithm]:
        raise UnfitHashError(f"{algorithm} has {LENGTHS[algorithm]} characters, this has {len(value)}")
    return value


def made_list_id(digest_key: bytes, list_name: str, algorithm: Algorithm, value: str) -> str:
    """A name for an entry whose list gives none: always the same for the same hash of the same list."""
    return keyed_digest(digest_key, "list entry", list_name, algorithm, value)
