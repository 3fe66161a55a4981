"""Which buckets must be looked into for a distance, and why no others.

A code is cut into 16 chunks of 16 bits; d_i is in how many bits chunk i of a query and of an entry differ. Give each
chunk an allowance t_i of 0, 1 or 2 so that the allowances sum to distance + 1. For a pair within the distance the
sixteen values d_i - t_i then sum to -1 at most, so by the cycle lemma (Dvoretzky and Motzkin, 1947) there is a chunk i
from which all partial sums around the circle are negative. The first two say: d_i <= t_i - 1, and
d_i + d_(i+1) <= t_i + t_(i+1) - 1. (The neighbour of the last chunk is the first.) So it is exact for every
assignment of allowances, hence for every distance from 0 to 31:

- a chunk allowed 0 cannot be the start: its table is not asked;
- one allowed 1 is asked for the bucket of the query's own chunk, one probe;
- one allowed 2 also for the 16 buckets one bit away, 17 probes;
- of a bucket's entries only those are compared whole whose next chunk keeps the second inequality.

An allowance of 3 would take 137 probes, which is why 32 and more are refused. The fewest probes for a distance: up to
15, distance + 1 chunks are allowed 1 (spread out, so that the next chunk, allowed 0, must fit better); from there on
every chunk is allowed 1 and distance - 15 of them 2. That is 272 probes at 31 and 8 at 7.
"""

from typing import Final, NamedTuple

from crawler.contract.errors import ConfigError

MAX_DISTANCE: Final = 31
"""Beyond it the allowances would not reach."""
CHUNKS: Final = 16
BUCKETS: Final = 1 << 16


class TablePlan(NamedTuple):
    """How one table is asked."""

    chunk: int
    neighbours: bool
    """Whether the buckets one bit away are asked too."""
    together: int
    """The most bits in which this chunk and the next may differ, both together."""


def allowances(distance: int) -> tuple[int, ...]:
    """The 16 allowances for a distance of 0 to 31; they sum to distance + 1."""
    every, extra = divmod(distance + 1, CHUNKS)
    # Bresenham's rule spreads the `extra` larger ones evenly around the circle.
    return tuple(every + ((chunk + 1) * extra // CHUNKS - chunk * extra // CHUNKS) for chunk in range(CHUNKS))


def plan(distance: int) -> tuple[TablePlan, ...]:
    """The tables to ask for a distance of 0 to 31."""
    allowed = allowances(distance)
    return tuple(
        TablePlan(chunk, allowed[chunk] > 1, allowed[chunk] + allowed[(chunk + 1) % CHUNKS] - 1)
        for chunk in range(CHUNKS)
        if allowed[chunk]
    )


def require_distance(distance: int) -> int:
    """The distance itself. Raises `ConfigError` for one that could not be answered exactly."""
    if not 0 <= distance <= MAX_DISTANCE:
        raise ConfigError(f"[matching] distance must be 0 to {MAX_DISTANCE}: beyond it matches could be missed.")
    return distance


def require_within(asked: int | None, built: int) -> int:
    """The distance to answer. Raises `ConfigError` when it is none that the index was built for."""
    if asked is None:
        return built
    if require_distance(asked) > built:
        raise ConfigError(f"this index answers distances up to {built}: build it for {asked} to ask for {asked}.")
    return asked
