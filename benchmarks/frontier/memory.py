"""What an address takes in Redis, waiting and seen: measured on the server's own count of what it has allocated."""

from collections.abc import Mapping
from functools import partial

from benchmarks.frontier import fleet, ours, web
from benchmarks.frontier.fleet import Job, Step
from benchmarks.frontier.watching import Look, Watched

_WORKERS = 2
_AT_ONCE = 1_000
_SEEN = f"{ours.PREFIX}:dupefilter:".encode()
"""What is left of an address once it has ended."""


def bytes_a_url(redis: Watched, redis_url: str, size: int) -> tuple[float, float]:
    """Bytes for each seen address, and for each pending one on top, with `size` of both. Leaves Redis empty."""
    redis.empty()
    looks: list[Look] = []
    (step,) = fleet.run(fill, redis_url, workers=_WORKERS, size=size, before=lambda: looks.append(redis.look()))
    if step.urls != size:
        raise RuntimeError(f"Only {step.urls} of {size} addresses were accepted.")
    full = redis.look().memory
    _forget_all_but_seen(redis, size)
    seen = redis.look().memory
    redis.empty()
    return (seen - looks[0].memory) / size, (full - seen) / size


def fill(job: Job) -> Mapping[str, Step]:
    """Add addresses that are made on the way: millions of them need not fit in here."""
    return {ours.FILL_STEP: partial(_fill, job)}


def _fill(job: Job) -> int:
    make = ours.Targets()
    numbers = web.Web(job.size).share(job.worker, job.workers)
    with ours.ours(job.redis_url) as frontier:
        return sum(
            frontier.add([make.of(number) for number in numbers[at : at + _AT_ONCE]])
            for at in range(0, len(numbers), _AT_ONCE)
        )


def _forget_all_but_seen(redis: Watched, size: int) -> None:
    """Delete what the frontier keeps of pending addresses, and make sure that the rest is what was seen."""
    left = []
    for key in list(redis.client.scan_iter(count=10_000)):
        if key.startswith(_SEEN):
            left.append(key)
        else:
            redis.client.delete(key)
    pipeline = redis.client.pipeline(transaction=False)
    for key in left:
        pipeline.scard(key)
    seen = sum(pipeline.execute())
    if seen != size:
        raise RuntimeError(f"{seen} fingerprints were found for {size} addresses: are they kept elsewhere by now?")
