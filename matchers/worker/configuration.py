"""The `[matching]` table: what counts as a match, and how the matcher works through the stream."""

from typing import Annotated

import msgspec

from crawler.contract.config import Table
from matchers.floods import FloodsTable


class MatchingTable(Table, frozen=True, kw_only=True):
    """Every key has a default: an empty table is a working one."""

    distance: Annotated[int, msgspec.Meta(ge=0, le=31)] = 31
    """The most bits by which two PDQ hashes may differ and still match. Within it no match is missed."""
    min_quality: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """Below this PDQ quality looks say little: matches by them are held apart for people to look at, and counted."""
    dihedral: bool = True
    """Whether turned and mirrored views are matched too."""
    batch: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1_000
    """The most records that are matched and stored at once; as many again are read ahead."""
    poison_limit: Annotated[int, msgspec.Meta(ge=1)] = 100
    """More unreadable records than this in a row stop the matcher instead of draining the topic."""
    floods: FloodsTable = FloodsTable()
    """What of one entry is a flood."""
    retry_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0
    """The longest pause between two attempts while the hit store or the broker is away."""
