"""The `[matching.floods]` table: how much one entry may match before a person must look at it."""

from typing import Annotated

import msgspec

from crawler.contract.config import Table


class FloodsTable(Table, frozen=True, kw_only=True):
    """Every key has a default: an empty table is a working one. Each machine counts what its own matchers find."""

    pictures: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 500
    """So many different pictures near one entry within `hours` are a flood: it is a placeholder, or says too little."""
    hosts: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 50
    """So many different hosts with matches of one entry within `hours` are a flood: a logo, a blank."""
    hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 31)] = 24.0
