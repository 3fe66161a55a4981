"""What an address takes in Redis, waiting and seen: measured on the server's own count of what it has allocated."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from benchmarks.frontier import fleet, ours, web
from benchmarks.frontier.fleet import Job, Step
from benchmarks.frontier.watching import Look, Watched

_WORKERS = 2
_AT_ONCE = 1_000
_SEEN = f"{ours.PREFIX}:dupefilter:".encode()
"""What is left of an address once it has ended: a fingerprint in one of these sets. Their names end with numbers."""

_MORE_AT_ONCE = 10_000
_MORE = """
math.randomseed(tonumber(ARGV[3]))
local added = 0
while added < tonumber(ARGV[2]) do
  local fingerprint = string.format('%d%09d', math.random(100000000, 900000000), math.random(0, 999999999))
  added = added + redis.call('SADD', KEYS[1] .. math.random(0, tonumber(ARGV[1]) - 1), fingerprint)
end
"""


class Bytes(NamedTuple):
    """Of Redis's memory, for one address."""

    pending: float
    """While it waits, on top of what stays of it for good."""
    seen: float
    """What stays of it."""


def bytes_a_url(redis: Watched, redis_url: str, *, pending: int, seen: int) -> Bytes:
    """Add `pending` addresses through the port; then top the sets of fingerprints up to `seen`. Leaves Redis empty.

    The fingerprints beyond `pending` are random numbers, written straight into the frontier's own sets: adding ten
    million by the port takes minutes. With `seen` no greater than `pending` none are.
    """
    redis.empty()
    looks: list[Look] = []
    (step,) = fleet.run(fill, redis_url, workers=_WORKERS, size=pending, before=lambda: looks.append(redis.look()))
    if step.urls != pending:
        raise RuntimeError(f"Only {step.urls} of {pending} addresses were accepted.")
    full = redis.look().memory
    sets = _forget_all_but_seen(redis, pending)
    left = redis.look().memory
    seen = max(seen, pending)
    _top_up(redis, sets, seen - pending)
    found = Bytes(pending=(full - left) / pending, seen=(redis.look().memory - looks[0].memory) / seen)
    redis.empty()
    return found


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


def _forget_all_but_seen(redis: Watched, size: int) -> int:
    """Delete all but the sets of fingerprints, make sure that they hold everything, and tell how many there can be."""
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
    return max(int(key.removeprefix(_SEEN)) for key in left) + 1


def _top_up(redis: Watched, sets: int, count: int) -> None:
    more = redis.client.register_script(_MORE)
    for at in range(0, count, _MORE_AT_ONCE):
        more(keys=[_SEEN], args=[sets, min(_MORE_AT_ONCE, count - at), at + 1])
