"""What Redis says of itself: memory, CPU seconds, commands."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from redis import Redis


class Look(NamedTuple):
    """One look at a server."""

    memory: int
    """Bytes that it has allocated for data and all else (`used_memory`)."""
    cpu: float
    """Seconds, user and system, since it started."""
    calls: Mapping[str, int]
    """How often each command was called, those that scripts call included."""

    def trips(self, earlier: "Look", commands: Collection[str]) -> int:
        """Calls of these commands since an earlier look: each is one round trip of some client."""
        return sum(self.calls.get(name, 0) - earlier.calls.get(name, 0) for name in commands)


class Watched:
    """A Redis that is measured."""

    def __init__(self, client: Redis) -> None:
        self.client = client

    def look(self) -> Look:
        """As it stands now."""
        cpu, memory, commands = (self._info(section) for section in ("cpu", "memory", "commandstats"))
        return Look(
            memory=memory["used_memory"],
            cpu=cpu["used_cpu_user"] + cpu["used_cpu_sys"],
            calls={name.removeprefix("cmdstat_"): figures["calls"] for name, figures in commands.items()},
        )

    def empty(self) -> None:
        """Forget all data."""
        self.client.flushall()

    def memory_of(self, key: str) -> int:
        """Bytes of one key and its value, each of its members looked at; 0 when there is none."""
        return self.client.memory_usage(key, samples=0) or 0

    def _info(self, section: str) -> dict[str, Any]:
        # Any: the values are numbers, texts and tables.
        return self.client.info(section)


@contextmanager
def watched(redis_url: str) -> Iterator[Watched]:
    """A Redis to measure, by a connection of its own."""
    with Redis.from_url(redis_url) as client:
        yield Watched(client)
