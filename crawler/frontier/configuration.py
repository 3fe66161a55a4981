"""The `[frontier]` table: where the frontier is kept, and how long a worker may hold what it was given."""

from typing import Annotated, Literal

import msgspec

from crawler.redis_settings import RedisTable


class FrontierTable(RedisTable, frozen=True, kw_only=True):
    """Settings of the frontier, the same for every process that shares it."""

    kind: Literal["embedded", "redis"] = "embedded"
    """`embedded`: an SQLite file in the state folder, for one machine. `redis`: for any number of machines."""
    lease_seconds: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    """A worker that says nothing for so long is taken for dead, and what it held is handed out again."""
    max_lease_age_seconds: Annotated[float, msgspec.Meta(gt=0)] = 900.0
    """No lease is renewed beyond this age."""
    max_expiries: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20
    """A target whose holders died so often has failed: it may be what kills them."""
    address_gap_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    """Hosts at one IP address rest together for so long after the last lease of any of them."""
    listed_per_reason: Annotated[int, msgspec.Meta(ge=1)] = 1000
    """How much of what was passed over is listed, for each site and reason. It is counted without a bound."""
