"""A bound for pictures that match very many entries: the nearest are told, the others counted.

A blank picture may lie near tens of thousands of entries. Each of them says the same, and one hit would bear them all.
"""

import logging
from typing import Final

import numpy as np

from crawler.contract.telemetry import MATCHES_LEFT_OUT, counter
from matchers.known.near import Pairs

LOG = logging.getLogger(__name__)

MOST_ENTRIES: Final = 1000
"""Entries that one picture is told to match: each is a piece of evidence."""
ROWS_AT_ONCE: Final = 1024
"""Queries asked in one go: with 50,000 entries near each they take 1.2 GB at worst."""


def nearest(pairs: Pairs, most: int = MOST_ENTRIES) -> Pairs:
    """For each query its nearest pairs, `most` of them at most; as they are where no query has more."""
    rows, numbers, distances = pairs
    if len(rows) <= most or np.bincount(rows).max() <= most:
        return pairs
    order = np.lexsort((numbers, distances, rows))
    rows = rows[order]
    first = np.searchsorted(rows, rows, "left")
    kept = order[np.arange(len(rows)) - first < most]
    return pairs[0][kept], numbers[kept], distances[kept]


def tell_left_out(number: int) -> None:
    """Count what is not told."""
    if number:
        counter(MATCHES_LEFT_OUT).inc(number)
        LOG.warning(
            "pictures that match more than %d entries: %d matches are not told, the farthest", MOST_ENTRIES, number
        )
