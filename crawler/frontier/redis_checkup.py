"""Is this a Redis that a frontier can live on: its version, durability, eviction and clock."""

import time
from collections.abc import Iterator

from redis import Redis
from redis.exceptions import NoPermissionError

from crawler.contract.findings import Finding
from crawler.frontier.configuration import FrontierTable
from crawler.redis_connection import answering, client_of

_MOST_SKEW = 5.0
_OLDEST = (7, 0)


def findings(table: FrontierTable) -> Iterator[Finding]:
    """Version, durability, eviction and clock of Redis. Raises `UnavailableError` or `ConfigError`."""
    with answering():
        client = client_of(table)
        try:
            server = client.info("server")
            memory = client.info("memory")
            persistence = client.info("persistence")
            seconds, microseconds = client.time()
            replayed = _replayed(client, table.key_prefix)
        finally:
            client.close()
    found = str(server["redis_version"])
    old = tuple(int(part) for part in found.split(".")[:2]) < _OLDEST
    yield Finding(
        level="failure" if old else "ok",
        matter="frontier",
        text=f"Redis {found}" + (". Install 7.0 or newer." if old else ""),
    )
    if memory.get("maxmemory_policy") != "noeviction":
        text = "Redis may evict keys when memory is short, and targets with them. Set: maxmemory-policy noeviction"
        yield Finding(level="failure", matter="frontier", text=text)
    if not persistence.get("aof_enabled"):
        text = "Redis keeps no append-only file: a restart forgets what was queued lately. Set: appendonly yes"
        yield Finding(level="failure", matter="frontier", text=text)
    if not replayed:
        text = (
            "Redis's default user has lost its rights. Redis reads its append-only file back as that user, and many "
            "versions drop all of the frontier silently when they start (redis/redis issue 14541). Keep people out, "
            "not the file. Run: ACL SETUSER default off ~* &* +@all; and set the same in its ACL file"
        )
        yield Finding(level="failure", matter="frontier", text=text)
    skew = abs(time.time() - (seconds + microseconds / 1e6))
    if skew > _MOST_SKEW:
        text = f"this machine and Redis differ by {skew:.0f} s. Let NTP set both."
        yield Finding(level="warning", matter="clock", text=text)


def _replayed(client: Redis, prefix: str) -> bool:
    """Whether Redis will let itself write our keys when it reads its append-only file; True where we may not ask."""
    try:
        answer = client.acl_dryrun("default", "SADD", f"{prefix}:dupefilter:0", "1")
    except NoPermissionError:
        return True
    return answer in {"OK", b"OK"}
