"""What is read of the frontier in Redis: figures, hosts, reports and the listing of what was passed over."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from struct import unpack_from
from typing import Any, cast

import msgspec
from redis import Redis

from crawler.contract.frontier import (
    EVERYTHING,
    Count,
    CountedKind,
    Coverage,
    DerivedItem,
    FoundKind,
    FrontierStats,
    HostState,
    PassedOver,
    Round,
)
from crawler.contract.reasons import Reason
from crawler.frontier.counting import CountedOutcome
from crawler.frontier.redis_scripts import Item
from crawler.redis_connection import answering

_decode_item = msgspec.msgpack.Decoder(Item).decode
_decode_passed = msgspec.msgpack.Decoder(PassedOver).decode
_AT_ONCE = 500
_AT_ONCE_OF_MANY = 50
_MANY_LISTS = 50

_Sighting = tuple[float, str, str, str]
"""When it was last seen, site, reason, digest."""


class RedisReading:
    """Reads what is under a prefix. Nothing in here changes anything."""

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def has_work(self) -> bool:
        """Whether anything is to be done, sites that are halted left aside."""
        standing, halted = self._all_at_once(("hgetall", "standing"), ("hkeys", "halts"))
        scopes = {scope.decode() for scope in halted}
        if EVERYTHING in scopes:
            return False
        return any(
            figures["pending"] + figures["leased"] > 0 and site not in scopes
            for site, figures in _by_site(standing).items()
        )

    def stats(self) -> FrontierStats:
        """All sites together."""
        standing, counts, hosts, totals = self._all_at_once(
            ("hgetall", "standing"), ("hgetall", "counts"), ("hlen", "hosts"), ("hgetall", "totals")
        )
        figures = _by_site(standing).values()
        return FrontierStats(
            pending=sum(each["pending"] for each in figures),
            leased=sum(each["leased"] for each in figures),
            hosts=hosts,
            seen=sum(each["known"] for each in figures),
            counts=_counts(counts),
            revisits=int(totals.get(b"revisits", 0)),
        )

    def coverage(self) -> Sequence[Coverage]:
        """Site by site, by name."""
        standing, counts = self._all_at_once(("hgetall", "standing"), ("hgetall", "counts"))
        figures = _by_site(standing)
        ended = defaultdict(list)
        for count in _counts(counts):
            ended[count.site].append(count)
        return [
            Coverage(scope=site, **figures[site], counts=tuple(ended.get(site, ())))
            for site in sorted(figures.keys() | ended.keys())
        ]

    def report_coverage(self, report_id: str) -> Coverage | None:
        """What came of a report."""
        (fields,) = self._all_at_once(("hgetall", f"report:{report_id}"))
        if b"opened" not in fields:
            return None
        counts = {name: count for name, count in fields.items() if b"/" in name}
        known, pending, leased = (int(fields.get(name, 0)) for name in (b"known", b"pending", b"leased"))
        return Coverage(scope=report_id, known=known, pending=pending, leased=leased, counts=_counts(counts))

    def rounds(self) -> Sequence[Round]:
        """The round of every site that is known here, by name."""
        standing, rounds, taken = self._all_at_once(
            ("hgetall", "standing"), ("hgetall", "rounds"), ("hgetall", "taken")
        )
        figures = _by_site(standing)
        begun = {site.decode(): unpack_from(">Idd", record) for site, record in rounds.items()}
        known = {site for site, each in figures.items() if each["known"]}
        found = []
        for site in sorted(known | begun.keys()):
            number, began_at, interval = begun.get(site, (0, 0.0, 0.0))
            pages, pictures = (int(taken.get(f"{kind}/{site}".encode(), 0)) for kind in ("page", "picture"))
            found.append(
                Round(
                    site=site,
                    number=number,
                    began_at=began_at,
                    interval=interval,
                    pages=pages,
                    pictures=pictures,
                    open=figures[site]["pending"] + figures[site]["leased"],
                )
            )
        return found

    def host_states(self, limit: int) -> Sequence[HostState]:
        """The hosts with most to do. Looks at all of them, a few at a time."""
        with answering():
            loads = ((-int(load), host) for host, load in self._client.hscan_iter(self._key("hosts"), count=1000))
            most = heapq.nsmallest(max(0, limit), set(loads))
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hvals(self._key("leases"))
            for _, host in most:
                pipeline.hget(self._key("settled"), host)
                pipeline.zscore(self._key("ready"), host)
                pipeline.zscore(self._key("resting"), host)
            leases, *rest = pipeline.execute()
        held = Counter(_holder(lease) for lease in leases)
        holders = dict(held.keys())
        leased_of = Counter({host: count for (host, _), count in held.items()})
        answers = iter(rest)
        found = []
        for (load, host), address, ready, resting in zip(most, answers, answers, answers, strict=True):
            leased = leased_of[host]
            found.append(
                HostState(
                    host=host.decode(),
                    pending=max(0, -load - leased),
                    leased=leased,
                    holder=holders.get(host),
                    next_at=max(ready or 0.0, resting or 0.0) / 1e6,
                    address=None if address is None else address.decode(),
                )
            )
        return found

    def derived_items(self, report_id: str) -> Iterator[DerivedItem]:
        """What came of a report, in the order of acceptance; what ends meanwhile may be told either way."""
        read = 0
        while True:
            with answering():
                records = cast(
                    "list[bytes]",
                    self._client.lrange(self._key(f"items:{report_id}"), read, read + _AT_ONCE - 1),
                )
                numbers = range(read + 1, read + len(records) + 1)
                fates = self._client.hmget(self._key(f"fates:{report_id}"), list(map(str, numbers))) if records else []
            for record, fate in zip(records, cast("list[bytes | None]", fates), strict=True):
                item = _derived(record, fate)
                if item is not None:
                    yield item
            read += len(records)
            if len(records) < _AT_ONCE:
                return

    def passed_over(self, site: str | None, report_id: str | None, reason: Reason | None) -> Iterator[PassedOver]:
        """What was passed over, oldest first; what is listed meanwhile may be told or not."""
        (names,) = self._all_at_once(("smembers", "passed_lists"))
        lists = sorted(tuple(name.decode().rsplit("/", 1)) for name in names)
        lists = [(s, r) for s, r in lists if site in (None, s) and reason in (None, r)]
        page = _AT_ONCE if len(lists) < _MANY_LISTS else _AT_ONCE_OF_MANY
        sightings = heapq.merge(*(self._sightings(s, r, page) for s, r in lists))
        while batch := [sighting for _, sighting in zip(range(page), sightings, strict=False)]:
            with answering():
                pipeline = self._client.pipeline(transaction=False)
                for _, s, r, digest in batch:
                    pipeline.hget(self._key(f"passed_records:{s}/{r}"), digest)
                records = pipeline.execute()
            for record in records:
                passed = None if record is None else _decode_passed(record)
                if passed is not None and report_id in (None, passed.report_id):
                    yield passed

    def _sightings(self, site: str, reason: str, page: int) -> Iterator[_Sighting]:
        key = self._key(f"passed:{site}/{reason}")
        last = (float("-inf"), "")
        while True:
            fresh: list[tuple[float, str]] = []
            with answering():
                # By the time and not the place, which moves when something older goes.
                start = self._client.zcount(key, "-inf", f"({last[0]!r}")
                while not fresh:
                    found = cast(
                        "list[tuple[bytes, float]]", self._client.zrange(key, start, start + page - 1, withscores=True)
                    )
                    if not found:
                        return
                    fresh = [place for digest, at in found if (place := (at, digest.decode())) > last]
                    start += len(found)
            for at, digest in fresh:
                yield at, site, reason, digest
            last = fresh[-1]

    # Any: what each command answers is known to whoever asked for it only.
    def _all_at_once(self, *commands: tuple[str, str]) -> Sequence[Any]:
        with answering():
            pipeline = self._client.pipeline(transaction=True)
            for command, key in commands:
                getattr(pipeline, command)(self._key(key))
            return pipeline.execute()

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"


def _by_site(standing: Mapping[bytes, bytes]) -> defaultdict[str, dict[str, int]]:
    figures: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"known": 0, "pending": 0, "leased": 0})
    for name, amount in standing.items():
        figure, _, site = name.decode().partition("/")
        figures[site][figure] = int(amount)
    return figures


def _counts(counts: Mapping[bytes, bytes]) -> tuple[Count, ...]:
    return tuple(_count(name.decode(), int(count)) for name, count in counts.items())


def _count(name: str, count: int) -> Count:
    site, kind, outcome, reason = name.rsplit("/", 3)
    return Count(
        site=site,
        kind=cast("CountedKind", kind),
        outcome=cast("CountedOutcome", outcome),
        reason=Reason(reason) if reason else None,
        count=count,
    )


def _derived(record: bytes, fate: bytes | None) -> DerivedItem | None:
    (accepted_at,) = unpack_from(">d", record)
    item = _decode_item(memoryview(record)[8:])
    if item.sealed_address is None:
        return None
    pending = DerivedItem(
        fingerprint=item.fingerprint,
        sealed_address=item.sealed_address,
        host=item.host,
        kind=item.kind,
        outcome="pending",
        reason=None,
        at=accepted_at,
    )
    if fate is None:
        return pending
    kind, outcome, reason, inside, at = fate.decode().split(" ")
    return msgspec.structs.replace(
        pending,
        kind=cast("FoundKind", kind),
        outcome=cast("CountedOutcome", outcome),
        reason=Reason(reason) if reason else None,
        at=float(at),
        inside=int(inside),
    )


def _holder(lease: bytes) -> tuple[bytes, str]:
    """Host and worker of a lease as lua/layout.lua tells."""
    (length,) = unpack_from(">H", lease, 8)
    (of_host,) = unpack_from(">H", lease, 10 + length)
    return lease[12 + length : 12 + length + of_host], lease[10 : 10 + length].decode()
