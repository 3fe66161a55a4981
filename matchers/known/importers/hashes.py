"""Judges a hash as a list writes it, for every importer: which algorithm, and is it one of that algorithm's?"""

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, get_args

from matchers.contract.records import Algorithm
from matchers.known.importers.texts import UnfitError

LENGTHS: Final[dict[Algorithm, int]] = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64, "phash": 16, "dhash": 16}
"""Hexadecimal characters of each algorithm that is matched here."""

_OURS: Final[dict[str, Algorithm]] = {name: name for name in get_args(Algorithm)} | {
    "imagepdq": "pdq",
    "videomd5": "md5",
    "videosha256": "sha256",
}
"""By spelling without case, `hash`, and anything but letters and digits. The digest of a film is a file's digest as any
other: what is served under a picture's name may be one."""
_FOREIGN: Final = frozenset(
    {"ahash", "edonkey", "lace", "md4", "netclean", "pdna", "pdqocr", "photodna", "sha224", "sha384", "sha512"}
    | {"ssdeep", "ssvhpdna", "ssvhsaferhash", "text", "textstring", "tlsh", "tmk", "tmkpdqf", "uri", "url", "urlmd5"}
    | {"videntifier", "videotmk", "vpdq", "whash", "zz40"}
)
_FIT: Final[dict[Algorithm, Callable[[str], object]]] = {
    name: re.compile(f"[0-9a-f]{{{length}}}").fullmatch for name, length in LENGTHS.items()
}
_HEX: Final = re.compile(r"[0-9a-f]+")
_NO_NAME: Final = f"the algorithm is none of {', '.join(LENGTHS)}"
_LONGEST_NAME: Final = 40
_EMPTY: Final = "this is what an empty file has: it would match every one of them"
_BLANK: Final = "all its bits are the same: that is a placeholder or a blank picture"
_WORTHLESS: Final[dict[str, str]] = {
    **{hashlib.new(name, b"", usedforsecurity=False).hexdigest(): _EMPTY for name in ("md5", "sha1", "sha256")},
    **{digit * length: _BLANK for digit in "0f" for length in LENGTHS.values()},
}


class ForeignAlgorithmError(UnfitError):
    """An algorithm that is well known and not matched here: what it made is left out, and is no fault of the row."""


@lru_cache(maxsize=256)
def known_algorithm(text: str) -> Algorithm:
    """The algorithm a list calls `text`, in any of its spellings (`SHA-256`, `HASH_PDQ`, `ImagePDQ`).

    Raises `ForeignAlgorithmError` for one that is not matched here and `UnfitError` for what is none.
    """
    if len(text) > _LONGEST_NAME:
        raise UnfitError(_NO_NAME)
    name = "".join(character for character in text.lower() if character.isalnum())
    name = name.removeprefix("hash")
    if name in _OURS:
        return _OURS[name]
    if not name:
        raise UnfitError("the algorithm is missing")
    if name in _FOREIGN:
        raise ForeignAlgorithmError(f"{name} is not matched here")
    # Whatever stands here may be a hash (columns swapped), so it is not repeated.
    raise UnfitError(_NO_NAME)


def fit_hash(algorithm: Algorithm, text: str) -> str:
    """The hash in lower-case hex. Raises `UnfitError` when it is none of `algorithm`'s, or one that says nothing.

    Says nothing: the digest of an empty file, which every truncated download has, and hashes of one bit repeated.
    """
    value = text.strip().lower()
    if not _FIT[algorithm](value):
        raise UnfitError(_why_not(algorithm, value))
    if value in _WORTHLESS:
        raise UnfitError(_WORTHLESS[value])
    return value


def _why_not(algorithm: Algorithm, value: str) -> str:
    if not value:
        return "the hash is missing"
    if not _HEX.fullmatch(value):
        return "the hash is not hexadecimal"
    return f"{algorithm} has {LENGTHS[algorithm]} characters, this has {len(value)}"
