"""The frontier on many machines: plain Redis, each step one Lua script. lua/layout.lua has the keys."""

import secrets
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib import resources
from typing import Literal, cast

from crawler.contract.clock import Clock
from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import Completion, Count, FrontierStats, Lease, Outcome, Target
from crawler.contract.reasons import Reason
from crawler.frontier import entries
from crawler.frontier.configuration import FrontierTable
from crawler.redis_connection import answering, client_of

_Script = Literal["add", "lease", "complete", "release", "renew", "reap", "defer_host"]
_SCRIPTS: tuple[_Script, ...] = ("add", "lease", "complete", "release", "renew", "reap", "defer_host")
_Word = str | bytes | int | float

_AT_ONCE = 1_000
"""Targets in one script call: some ten milliseconds in which Redis serves nobody else."""
_REAPED_AT_ONCE = 500
_BUCKETS = 65_536
"""At 512 fingerprints in a bucket (Redis's own default for packed sets) they hold 33 million at 8 to 9 bytes each."""


class RedisFrontier:
    """See `crawler.contract.frontier.Frontier`.

    What was answered survives the death of the Redis process if it keeps an append-only file, and the loss of its
    machine's power with `appendfsync always`. Its memory policy must be `noeviction`.
    """

    def __init__(self, table: FrontierTable, clock: Clock | None) -> None:
        self._table = table
        self._clock = clock
        self._prefix = table.key_prefix
        self._client = client_of(table)
        layout = _source("layout")
        self._scripts = {name: self._client.register_script(layout + _source(name)) for name in _SCRIPTS}
        self._unanswered: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, targets: Sequence[Target]) -> int:
        """See the port. More than a thousand are accepted in several steps."""
        return sum(
            cast("int", self._run("add", *_words(targets[i : i + _AT_ONCE]))) for i in range(0, len(targets), _AT_ONCE)
        )

    def lease(self, worker: str, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """See the port. Hosts take turns: with more hosts due than `limit`, each gives one target.

        A call whose answer got lost is answered by its leases when it is made again.
        """
        with self._lock:
            name = self._unanswered.pop(worker, None) or secrets.token_hex(8)
        seconds = min(self._table.lease_seconds, self._table.max_lease_age_seconds)
        try:
            reply = cast("list[bytes]", self._run("lease", worker, limit, per_host, seconds, name, *sites))
        except UnavailableError:
            with self._lock:
                self._unanswered[worker] = name
            raise
        fields = iter(reply)
        return [
            Lease(id=lease_id.decode(), target=entries.decode(host.decode(), entry), expires_at=float(expires_at))
            for expires_at, lease_id, host, entry in zip(fields, fields, fields, fields, strict=True)
        ]

    def complete(self, completions: Sequence[Completion]) -> int:
        """See the port. One call for the batch, or one for each thousand children."""
        ended = 0
        for batch in _batches(completions):
            words: list[_Word] = []
            for each in batch:
                outcome = each.outcome
                words += (each.lease_id, outcome.kind, outcome.reason or "", outcome.found or "", len(outcome.links))
                for reason, count in outcome.links.items():
                    words += (reason, count)
                words.append(len(each.children))
                words += _words(each.children)
            ended += cast("int", self._run("complete", *words))
        return ended

    def release(self, lease_id: str, *, not_before: float, attempt: int) -> bool:
        """See the port."""
        return self._run("release", lease_id, not_before, attempt) == 1

    def fail(self, lease_id: str, reason: Reason) -> bool:
        """See the port."""
        return self.complete([Completion(lease_id=lease_id, outcome=Outcome(kind="failed", reason=reason))]) == 1

    def renew(self, worker: str, lease_ids: Sequence[str]) -> Sequence[str]:
        """See the port. A lease that has expired can be renewed as long as nobody has reaped it."""
        table = self._table
        lost = self._run("renew", worker, table.lease_seconds, table.max_lease_age_seconds, *lease_ids)
        return [lease_id.decode() for lease_id in cast("list[bytes]", lost)]

    def reap(self) -> int:
        """See the port. A target whose holders have died too often fails instead."""
        reaped = 0
        while True:
            found = cast("int", self._run("reap", self._table.max_expiries, _REAPED_AT_ONCE))
            reaped += found
            if found < _REAPED_AT_ONCE:
                return reaped

    def defer_host(self, host: str, until: float) -> None:
        """See the port."""
        self._run("defer_host", host, until)

    def has_work(self) -> bool:
        """See the port."""
        with answering():
            return bool(self._client.exists(f"{self._prefix}:hosts"))

    def stats(self) -> FrontierStats:
        """See the port."""
        with answering():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hmget(f"{self._prefix}:totals", ["accepted", "ended"])
            pipeline.zcard(f"{self._prefix}:expiries")
            pipeline.hlen(f"{self._prefix}:hosts")
            pipeline.hgetall(f"{self._prefix}:counts")
            totals, leased, hosts, counts = pipeline.execute()
        accepted, ended = (int(total or 0) for total in totals)
        return FrontierStats(
            pending=accepted - ended - leased,
            leased=leased,
            hosts=hosts,
            seen=accepted,
            counts=tuple(_count(name.decode(), int(count)) for name, count in counts.items()),
        )

    def close(self) -> None:
        """See the port."""
        self._client.close()

    def _run(self, script: _Script, *words: _Word) -> object:
        now = "" if self._clock is None else self._clock()
        with answering():
            return self._scripts[script](keys=[self._prefix], args=[now, *words])


def _source(name: str) -> str:
    return resources.files(__package__).joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


def _words(targets: Iterable[Target]) -> Iterator[_Word]:
    """Six words a target, as `accept` in lua/layout.lua reads them."""
    for target in targets:
        yield target.host
        yield target.fingerprint % _BUCKETS
        yield target.fingerprint
        yield int(target.force)
        yield target.not_before or 0.0
        yield entries.encode(target)


def _batches(completions: Sequence[Completion]) -> Iterator[Sequence[Completion]]:
    batch: list[Completion] = []
    size = 0
    for completion in completions:
        if batch and size + len(completion.children) >= _AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(completion)
        size += 1 + len(completion.children)
    if batch:
        yield batch


def _count(name: str, count: int) -> Count:
    site, kind, outcome, reason = name.rsplit("/", 3)
    return Count(
        site=site,
        kind=cast('Literal["page", "picture", "link"]', kind),
        outcome=cast('Literal["fetched", "skipped", "failed"]', outcome),
        reason=Reason(reason) if reason else None,
        count=count,
    )
