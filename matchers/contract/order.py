"""In which order matches are told: the strongest first."""

from typing import Final

from matchers.contract.records import Algorithm, Match

_STRENGTH: Final[dict[Algorithm, int]] = {
    "sha256": 0,
    "sha1": 1,
    "md5": 2,
    "pdq": 3,
    "phash": 4,
    "dhash": 5,
}


def best_first(match: Match) -> tuple[int, int, bool, str, str]:
    """A key for `sorted`: exact before near, the stronger digest first, then by distance, upright before turned."""
    return _STRENGTH[match.algorithm], match.distance, match.turned is not None, match.list, match.list_id
