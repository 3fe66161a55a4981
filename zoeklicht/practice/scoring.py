"""Scores a crawl of the practice web against its truth."""

from collections import Counter
from collections.abc import Iterable

from crawler.contract.struct import Record
from zoeklicht.practice.truth import Truth


class Score(Record, frozen=True, kw_only=True):
    """How the hits of a crawl compare with the truth. Every field but the first two should be empty."""

    planted: int
    found: int
    missing: tuple[str, ...]
    """Planted addresses without a hit."""
    repeated: tuple[str, ...]
    """Addresses with more than one hit."""
    near_misses: tuple[str, ...]
    """Hits on pictures that lie beyond the distance."""
    forbidden: tuple[str, ...]
    """Hits at addresses that must not be asked for."""
    false: tuple[str, ...]
    """All other hits on what is not planted."""

    @property
    def perfect(self) -> bool:
        """Every planted picture once, and nothing else."""
        return not (self.missing or self.repeated or self.near_misses or self.forbidden or self.false)


def score(truth: Truth, hit_urls: Iterable[str]) -> Score:
    """Compare the opened addresses of all hits, one for each hit, with the truth."""
    hits = Counter(hit_urls)
    planted = {each.url for each in truth.planted}
    forbidden = {each.url for each in truth.forbidden}
    near = {each.url for each in truth.near_misses}
    return Score(
        planted=len(planted),
        found=len(planted & hits.keys()),
        missing=tuple(sorted(planted - hits.keys())),
        repeated=tuple(sorted(url for url, times in hits.items() if times > 1)),
        near_misses=tuple(sorted(near & hits.keys())),
        forbidden=tuple(sorted(forbidden & hits.keys())),
        false=tuple(sorted(hits.keys() - planted - near - forbidden)),
    )
