"""The frontier on many machines: plain Redis, each step one Lua script. lua/layout.lua has the keys."""

import secrets
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import cast

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import (
    Completion,
    Coverage,
    DerivedItem,
    FrontierStats,
    Halt,
    HostState,
    Lease,
    Outcome,
    PassedOver,
    Round,
    Target,
)
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report
from crawler.frontier import entries
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.describing import Describe
from crawler.frontier.redis_confirming import confirmed
from crawler.frontier.redis_reading import RedisReading
from crawler.frontier.redis_scripts import AT_ONCE, Name, Sending, Word, batches, passed_over, sources
from crawler.redis_connection import answering, client_of

_REAPED_AT_ONCE = 500
_SCHEDULED_AT_ONCE = 200
_encode = msgspec.msgpack.Encoder().encode
_decode_report = msgspec.msgpack.Decoder(Report).decode
_decode_halt = msgspec.msgpack.Decoder(Halt).decode


class RedisFrontier:
    """See `crawler.contract.frontier.Frontier`.

    What was answered survives the death of the Redis process if it keeps an append-only file (`appendonly yes`): it is
    written before the answer; and the end of its machine (power, kernel) as far as that is on the disk:

    - `appendfsync always`: all of it, since each write is synced before its answer.
    - `appendfsync everysec`, Redis's default: all but the last second, as it syncs in the background once a second. As
      long as a sync takes longer, it writes nothing either, for two seconds at most: those go with the process, too.
    - `appendfsync no`: all but what the kernel has kept back, on Linux usually the last 30 seconds.

    Source: https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ and redis.conf.
    Replication is asynchronous: halts, reports and rounds are answered once a connected replica has them, or after half
    a second without, all else at once; what a failover forgets of work is done again. Its memory policy must be
    `noeviction`.
    """

    def __init__(self, table: FrontierTable, clock: Clock | None, describe: Describe | None = None) -> None:
        self._table = table
        self._describe = describe
        self._clock = clock
        self._prefix = table.key_prefix
        self._client = client_of(table)
        self._reading = RedisReading(self._client, self._prefix)
        self._scripts = {name: self._client.register_script(source) for name, source in sources(table).items()}
        self._unanswered: dict[tuple[str, ...], str] = {}
        self._lock = threading.Lock()

    def add(self, targets: Sequence[Target]) -> int:
        """See the port. More than a thousand are accepted in several steps."""
        accepted = 0
        for i in range(0, len(targets), AT_ONCE):
            sending = Sending()
            reply = self._run("add", *sending.targets(targets[i : i + AT_ONCE]))
            accepted += self._told(reply, sending)
        return accepted

    def lease(self, worker: str, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """See the port. Hosts take turns: with more hosts due than `limit`, each gives one target.

        Within a host and a priority, what stands behind a target of a site that is not named waits with it. A host that
        has nothing else is looked at anew three seconds later. A call whose answer got lost is answered by its leases
        when it is made again.
        """
        seconds = min(self._table.lease_seconds, self._table.max_lease_age_seconds)
        fields = iter(cast("list[bytes]", self._run_named("lease", (worker,), (limit, per_host, seconds), sites)))
        return [
            Lease(id=lease_id.decode(), target=entries.decode(host.decode(), entry), expires_at=float(expires_at))
            for expires_at, lease_id, host, entry in zip(fields, fields, fields, fields, strict=True)
        ]

    def settle(self, worker: str, host: str, address: str) -> bool:
        """See the port."""
        return self._run("settle", worker, host, address) == 1

    def complete(self, completions: Sequence[Completion]) -> int:
        """See the port. One call for the batch, or one for each thousand children or things passed over."""
        ended = 0
        for batch in batches(completions):
            sending = Sending()
            ended += self._told(self._run("complete", *sending.completions(batch)), sending)
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
        return self._reading.has_work()

    def set_budget(self, scope: str, *, pages: int | None = None, pictures: int | None = None) -> None:
        """See the port."""
        with answering():
            pipeline = self._client.pipeline(transaction=True)
            for name, most in ((f"page/{scope}", pages), (f"picture/{scope}", pictures)):
                if most is None:
                    pipeline.hdel(self._key("budgets"), name)
                else:
                    pipeline.hset(self._key("budgets"), name, most)
            pipeline.execute()

    def open_report(self, report: Report, *, items: int) -> bool:
        """See the port."""
        words = (report.received_at.timestamp(), items)
        return self._run_named("open_report", (report.id,), words, (_encode(report),), confirm=True) == 1

    def report(self, report_id: str) -> Report | None:
        """See the port."""
        with answering():
            body = cast("bytes | None", self._client.hget(self._key(f"report:{report_id}"), "body"))
        return None if body is None else _decode_report(body)

    def reports(self) -> Sequence[Report]:
        """See the port."""
        with answering():
            pipeline = self._client.pipeline(transaction=False)
            for report_id in cast("list[bytes]", self._client.zrevrange(self._key("reports"), 0, -1)):
                pipeline.hget(self._key(f"report:{report_id.decode()}"), "body")
            return [_decode_report(body) for body in pipeline.execute()]

    def derived_items(self, report_id: str) -> Iterator[DerivedItem]:
        """See the port. Read bit by bit: what ends meanwhile may be told either way."""
        return self._reading.derived_items(report_id)

    def begin_round(self, site: str, *, after: int, interval: float, seeds: Sequence[Target] = ()) -> bool:
        """See the port. One step, however many seeds there are: a thousand take some ten milliseconds."""
        sending = Sending()
        words = sending.targets(seeds)
        return self._told(self._run_named("begin_round", (site, after), (interval,), words, confirm=True), sending) == 1

    def rounds(self) -> Sequence[Round]:
        """See the port."""
        return self._reading.rounds()

    def schedule_revisits(self, *, sites: Collection[str], limit: int) -> int:
        """See the port. More than two hundred are queued in several steps."""
        queued = 0
        while queued < limit:
            most = min(_SCHEDULED_AT_ONCE, limit - queued)
            found = cast("int", self._run("schedule_revisits", most, *sites))
            queued += found
            if found < most:
                break
        return queued

    def halt(self, halt: Halt) -> None:
        """See the port."""
        with answering():
            confirmed(self._client, lambda pipeline: pipeline.hset(self._key("halts"), halt.scope, _encode(halt)))

    def resume(self, scope: str) -> bool:
        """See the port."""
        with answering():
            return confirmed(self._client, lambda pipeline: pipeline.hdel(self._key("halts"), scope)) == 1

    def halts(self) -> Sequence[Halt]:
        """See the port."""
        with answering():
            found = cast("dict[bytes, bytes]", self._client.hgetall(self._key("halts")))
        return [_decode_halt(found[scope]) for scope in sorted(found)]

    def passed_over(
        self, *, site: str | None = None, report_id: str | None = None, reason: Reason | None = None
    ) -> Iterator[PassedOver]:
        """See the port. Read bit by bit: what is listed meanwhile may be told or not."""
        return self._reading.passed_over(site, report_id, reason)

    def stats(self) -> FrontierStats:
        """See the port."""
        return self._reading.stats()

    def coverage(self) -> Sequence[Coverage]:
        """See the port."""
        return self._reading.coverage()

    def report_coverage(self, report_id: str) -> Coverage | None:
        """See the port."""
        return self._reading.report_coverage(report_id)

    def host_states(self, *, limit: int) -> Sequence[HostState]:
        """See the port."""
        return self._reading.host_states(limit)

    def close(self) -> None:
        """See the port."""
        self._client.close()

    def _run(self, script: Name, *words: Word, confirm: bool = False) -> object:
        now = "" if self._clock is None else self._clock()
        run = partial(self._scripts[script], keys=[self._prefix], args=[now, *words])
        with answering():
            return confirmed(self._client, lambda pipeline: run(client=pipeline)) if confirm else run()

    def _run_named(
        self,
        script: Name,
        about: tuple[Word, ...],
        words: tuple[Word, ...],
        more: Collection[Word],
        *,
        confirm: bool = False,
    ) -> object:
        """Run a script that may do its work once for each call: a call that was not answered goes by the same name."""
        call = (script, *map(str, about))
        with self._lock:
            name = self._unanswered.pop(call, None) or secrets.token_hex(8)
        try:
            return self._run(script, *about, *words, name, *more, confirm=confirm)
        except UnavailableError:
            with self._lock:
                self._unanswered[call] = name
            raise

    def _told(self, reply: object, sending: Sending) -> int:
        """List what was refused, a step later than it was counted; returns the reply's own number."""
        number, *refused = cast("list[int]", reply)
        if refused and self._describe is not None:
            now = time.time() if self._clock is None else self._clock()
            listing = [self._describe(sending.sent[place - 1], Reason.OVER_BUDGET, now) for place in refused]
            self._run("list_passed", *passed_over(listing))
        return number

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"
