"""The sides: ours, plain Scrapy and scrapy-redis, each set up for one run and not started yet."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from redis import Redis

from benchmarks.crawling import scrapy_redis_peer
from benchmarks.crawling.job import Job, write_job
from benchmarks.ours import command, published, run, write_config
from benchmarks.practice_web import Web
from crawler.contract.digesting import keyed_digest
from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record
from crawler.sealing import read_digest_key
from crawler.transport import TransportTable
from zoeklicht.practice.configuration import practice_document, practice_profiles


class Manner(Record, frozen=True, kw_only=True):
    """How a run goes about it."""

    processes: int
    gap: float = 0.0
    """Seconds between two requests to a host."""
    per_host: int = 8
    """Requests to a host at the same time, of the peers: 8 is Scrapy's default. Ours never has more than one."""
    lease_seconds: float = 60.0
    """Ours: a killed crawler's leases are handed out again after so long."""


class Side(Protocol):
    """One crawl, set up in a folder of its own."""

    commands: Sequence[Sequence[str]]
    """One a process; started again, each goes on (or begins again, where that is all it can)."""
    publishes_empty: bool
    """Whether it hands on records of pictures of no bytes, too."""

    def drained(self) -> bool | None:
        """Whether nothing waits any more, for those who wait for ever; None: its processes end by themselves."""

    def recorded(self, urls: Collection[str]) -> int:
        """Of how many of these pictures a record was handed on."""


class Ours:
    """`zoeklicht crawl --once`, with all its safety on, and the embedded transport."""

    publishes_empty = False

    def __init__(self, web: Web, keys: Path, folder: Path, manner: Manner, *, redis_url: str | None) -> None:
        """`redis_url`: None keeps the frontier in an SQLite file."""
        where = {"kind": "embedded"} if redis_url is None else {"kind": "redis", "redis_url": redis_url}
        document: dict[str, Any] = practice_document()  # Any: TOML's values
        document |= {
            "frontier": {**where, "address_gap_seconds": manner.gap, "lease_seconds": manner.lease_seconds},
            "keys": {"desk_public_file": str(keys / "desk.public"), "digest_key_file": str(keys / "digest.key")},
        }
        config = write_config(folder, document, practice_profiles(port=web.ready.port, gap_seconds=manner.gap))
        if redis_url is not None:
            _empty(redis_url)
        self._digest_key = keys / "digest.key"
        self._state = folder / "state"
        self._state.mkdir(mode=0o700)
        self.commands: Sequence[Sequence[str]] = [command(config, "crawl", "--once")] * manner.processes

    def drained(self) -> bool | None:
        """See `Side`."""
        return None

    def recorded(self, urls: Collection[str]) -> int:
        """See `Side`. (Ours has records of pictures that stand in the pages themselves, too.)"""
        key = read_digest_key(self._digest_key)
        return len({keyed_digest(key, "item", url, "") for url in urls} & set(published(TransportTable(), self._state)))


class PlainScrapy:
    """Plain Scrapy. Its processes cannot share a crawl: two of them have a site each, and drop links to the other."""

    publishes_empty = True

    def __init__(self, web: Web, folder: Path, manner: Manner, *, jobdir: bool = False) -> None:
        """`jobdir`: keep its queue on disk, as its documentation has it for crawls that are to be resumed."""
        self._files = [folder / f"{number}.jsonl" for number in range(manner.processes)]
        self.commands: Sequence[Sequence[str]] = [
            _peer(
                "scrapy_peer",
                folder,
                number,
                manner,
                web.sites[number :: manner.processes],
                records=str(records),
                state=str(folder / f"state{number}") if jobdir else None,
            )
            for number, records in enumerate(self._files)
        ]

    def drained(self) -> bool | None:
        """See `Side`."""
        return None

    def recorded(self, urls: Collection[str]) -> int:
        """See `Side`."""
        # A process may be killed in the middle of a line.
        lines = (line for file in self._files if file.exists() for line in file.read_bytes().split(b"\n")[:-1])
        return len({msgspec.json.decode(line)["url"] for line in lines} & set(urls))


class ScrapyRedis:
    """scrapy-redis as shipped: scheduler, dupe filter, priority queue, its own items pipeline."""

    publishes_empty = True

    def __init__(self, web: Web, folder: Path, manner: Manner, *, redis_url: str) -> None:
        """Empty Redis and queue the seeds, as scrapy-redis wants them."""
        self._url = redis_url
        _empty(redis_url)
        seeds = [url for site in web.sites for url in site.seeds]
        with Redis.from_url(redis_url) as redis:
            redis.rpush(scrapy_redis_peer.START_KEY, *(msgspec.json.encode({"url": url}) for url in seeds))
        self.commands: Sequence[Sequence[str]] = [
            _peer(
                "scrapy_redis_peer",
                folder,
                number,
                manner,
                web.sites,
                redis_url=redis_url,
                start_batch=-(-len(seeds) // manner.processes),
            )
            for number in range(manner.processes)
        ]

    def drained(self) -> bool | None:
        """See `Side`."""
        with Redis.from_url(self._url) as redis:
            return not redis.exists(scrapy_redis_peer.START_KEY, scrapy_redis_peer.QUEUE_KEY)

    def recorded(self, urls: Collection[str]) -> int:
        """See `Side`."""
        with Redis.from_url(self._url) as redis:
            lines = redis.lrange(scrapy_redis_peer.RECORDS_KEY, 0, -1)
        return len({msgspec.json.decode(line)["url"] for line in lines} & set(urls))


def make_keys(folder: Path) -> Path:
    """The keys with which all our runs seal, made once; returns their folder."""
    run(command(write_config(folder, practice_document(), []), "keys", "create"))
    return folder / "state" / "keys"


def _peer(
    program: str,
    folder: Path,
    number: int,
    manner: Manner,
    sites: Sequence[SiteProfile],
    **more: Any,  # `Job`'s own
) -> Sequence[str]:
    job = Job(sites=tuple(sites), per_host=manner.per_host, gap=manner.gap, **more)
    return [sys.executable, "-m", f"benchmarks.crawling.{program}", write_job(folder / f"job{number}.json", job)]


def _empty(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.flushall()
