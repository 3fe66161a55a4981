"""The frontier on one machine: an SQLite file that any number of its processes share."""

import secrets
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.frontier import Completion, Count, FrontierStats, Lease, Outcome, Target
from crawler.contract.reasons import Reason
from crawler.frontier.configuration import FrontierTable
from crawler.frontier.sharing import shares
from crawler.frontier.sqlite_file import open_database, transaction

_REAPED_AT_ONCE = 500
_NEXT_IS_OPEN = (
    "(SELECT site FROM targets WHERE targets.host = hosts.host AND due IS NULL AND lease IS NULL"
    " ORDER BY priority, position LIMIT 1) IN (SELECT value FROM json_each(:sites))"
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Target).decode


_OFFERS = (
    "SELECT host, min(queued, :most) FROM (SELECT host, queued FROM hosts"  # noqa: S608  # of our own making
    f"  WHERE holder IS NULL AND queued > 0 AND next_at <= :now AND {_NEXT_IS_OPEN} ORDER BY next_at LIMIT :limit)"
    " UNION ALL SELECT host, min(queued, :most - leased) FROM hosts"
    f"  WHERE holder = :worker AND queued > 0 AND next_at <= :now AND leased < :most AND {_NEXT_IS_OPEN}"
)


class _Ended(NamedTuple):
    """A leased target's row at the end of its lease."""

    id: int
    host: str
    site: str
    kind: str
    gap: float
    expiries: int


class SqliteFrontier:
    """See `crawler.contract.frontier.Frontier`. Each method is one transaction, durable when it returns."""

    def __init__(self, path: Path, table: FrontierTable, clock: Clock) -> None:
        self._path = path
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()
        self._database = open_database(path)

    def add(self, targets: Sequence[Target]) -> int:
        """See the port."""
        with self._transaction() as now:
            return self._accept(targets, now)

    def lease(self, worker: str, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """See the port. Hosts take turns: with more hosts due than `limit`, each gives one target."""
        with self._transaction() as now:
            self._promote(now)
            self._database.execute(
                "DELETE FROM hosts WHERE queued = 0 AND delayed = 0 AND leased = 0 AND next_at <= ?", (now,)
            )
            # Those the worker holds come last: hosts that nobody asks at all matter more.
            offers: list[tuple[str, int]] = self._database.execute(
                _OFFERS,
                {
                    "most": max(0, per_host),
                    "now": now,
                    "limit": max(0, limit),
                    "worker": worker,
                    "sites": msgspec.json.encode(list(sites)).decode(),
                },
            ).fetchall()
            taken = shares([most for _, most in offers], limit)
            expires_at = now + min(self._table.lease_seconds, self._table.max_lease_age_seconds)
            leases: list[Lease] = []
            for (host, _), count in zip(offers, taken, strict=True):
                if count:
                    leases += self._hand_out(worker, host, count, sites, now, expires_at)
            return leases

    def complete(self, completions: Sequence[Completion]) -> int:
        """See the port."""
        with self._transaction() as now:
            ended = 0
            for completion in completions:
                row = self._ended(completion.lease_id)
                if row is not None:
                    ended += 1
                    self._count(row, completion.outcome)
                    self._database.execute("DELETE FROM targets WHERE id = ?", (row.id,))
                    self._let_go(row, now)
                self._accept(completion.children, now)
            return ended

    def release(self, lease_id: str, *, not_before: float, attempt: int) -> bool:
        """See the port."""
        with self._transaction() as now:
            self._promote(now)
            row = self._ended(lease_id)
            if row is None:
                return False
            waits = not_before > now
            self._database.execute(
                "UPDATE targets SET lease = NULL, due = ?, attempt = ?, position = ? WHERE id = ?",
                (not_before if waits else None, attempt, self._next("tail", 1), row.id),
            )
            self._let_go(row, now)
            self._note(row.host, now, queued=int(not waits), delayed=int(waits))
            return True

    def fail(self, lease_id: str, reason: Reason) -> bool:
        """See the port."""
        return self.complete([Completion(lease_id=lease_id, outcome=Outcome(kind="failed", reason=reason))]) == 1

    def renew(self, worker: str, lease_ids: Sequence[str]) -> Sequence[str]:
        """See the port. A lease that has expired can be renewed as long as nobody has reaped it."""
        with self._transaction() as now:
            lost: list[str] = []
            for lease_id in lease_ids:
                renewed = self._database.execute(
                    "UPDATE targets SET expires = min(:now + :lease_seconds, started + :greatest_age)"
                    " WHERE lease = :lease AND worker = :worker AND started + :greatest_age > :now",
                    {
                        "now": now,
                        "lease_seconds": self._table.lease_seconds,
                        "greatest_age": self._table.max_lease_age_seconds,
                        "lease": lease_id,
                        "worker": worker,
                    },
                )
                if renewed.rowcount == 0:
                    lost.append(lease_id)
            return lost

    def reap(self) -> int:
        """See the port. A target whose holders have died too often fails instead."""
        reaped = 0
        while True:
            with self._transaction() as now:
                self._promote(now)
                # Backwards, as each goes before the one that was put back just now.
                expired: list[tuple[str]] = self._database.execute(
                    "SELECT lease FROM targets WHERE lease IS NOT NULL AND expires <= ?"
                    " ORDER BY expires DESC, lease DESC LIMIT ?",
                    (now, _REAPED_AT_ONCE),
                ).fetchall()
                for (lease_id,) in expired:
                    self._reap(lease_id, now)
            reaped += len(expired)
            if len(expired) < _REAPED_AT_ONCE:
                return reaped

    def defer_host(self, host: str, until: float) -> None:
        """See the port."""
        with self._transaction():
            self._database.execute(
                "INSERT INTO hosts (host, next_at) VALUES (?, ?)"
                " ON CONFLICT (host) DO UPDATE SET next_at = max(next_at, excluded.next_at)",
                (host, until),
            )

    def has_work(self) -> bool:
        """See the port."""
        with self._transaction(writing=False):
            return bool(self._database.execute("SELECT EXISTS (SELECT 1 FROM targets)").fetchone()[0])

    def stats(self) -> FrontierStats:
        """See the port."""
        with self._transaction(writing=False):
            pending, leased, hosts = self._database.execute(
                "SELECT ifnull(sum(queued + delayed), 0), ifnull(sum(leased), 0),"
                " ifnull(sum(queued + delayed + leased > 0), 0) FROM hosts"
            ).fetchone()
            (seen,) = self._database.execute("SELECT value FROM totals WHERE name = 'accepted'").fetchone()
            counts = self._database.execute("SELECT site, kind, outcome, reason, count FROM counts").fetchall()
        return FrontierStats(
            pending=pending,
            leased=leased,
            hosts=hosts,
            seen=seen,
            counts=tuple(
                Count(site=site, kind=kind, outcome=outcome, reason=Reason(reason) if reason else None, count=count)
                for site, kind, outcome, reason, count in counts
            ),
        )

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self, *, writing: bool = True) -> Iterator[float]:
        with self._lock, transaction(self._database, self._path, writing=writing):
            # Only now: waiting for other processes may have taken seconds.
            yield self._clock()

    def _accept(self, targets: Sequence[Target], now: float) -> int:
        if not targets:
            return 0
        self._promote(now)
        new = [t for t in targets if self._see(t) or t.force]
        position = self._next("tail", len(new))
        self._database.executemany(
            "INSERT INTO targets (host, priority, position, due, attempt, site, kind, gap, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (t.host, t.priority, position + i, _due(t, now), t.attempt, t.site, t.kind, t.gap, _encode(t))
                for i, t in enumerate(new)
            ),
        )
        delayed = Counter(t.host for t in new if _due(t, now) is not None)
        for host, count in Counter(t.host for t in new).items():
            self._note(host, now, queued=count - delayed[host], delayed=delayed[host])
        self._next("accepted", len(new))
        return len(new)

    def _see(self, target: Target) -> bool:
        inserted = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (target.fingerprint,))
        return inserted.rowcount == 1

    def _promote(self, now: float) -> None:
        """Queue what has become due, in the order it did."""
        due = self._database.execute(
            "SELECT id, host FROM targets WHERE due IS NOT NULL AND due <= ? ORDER BY due, position", (now,)
        ).fetchall()
        if not due:
            return
        position = self._next("tail", len(due))
        self._database.executemany(
            "UPDATE targets SET due = NULL, position = ? WHERE id = ?",
            ((position + i, target_id) for i, (target_id, _) in enumerate(due)),
        )
        for host, count in Counter(host for _, host in due).items():
            self._note(host, now, queued=count, delayed=-count)

    def _hand_out(
        self, worker: str, host: str, count: int, sites: Collection[str], now: float, expires_at: float
    ) -> Iterator[Lease]:
        rows = self._database.execute(
            "SELECT id, body, attempt, site FROM targets WHERE host = ? AND due IS NULL AND lease IS NULL"
            " ORDER BY priority, position LIMIT ?",
            (host, count),
        ).fetchall()
        # What belongs to a closed site is waited for, and all behind it.
        rows = list(takewhile(lambda row: row[3] in sites, rows))
        first = self._next("leases", len(rows))
        for number, (target_id, body, attempt, _) in enumerate(rows, first):
            # In the order of handing out; random too, so that an id never comes back with a restored backup.
            lease_id = f"{number:012x}{secrets.token_hex(8)}"
            self._database.execute(
                "UPDATE targets SET lease = ?, worker = ?, started = ?, expires = ? WHERE id = ?",
                (lease_id, worker, now, expires_at, target_id),
            )
            target = msgspec.structs.replace(_decode(body), attempt=attempt)
            yield Lease(id=lease_id, target=target, expires_at=expires_at)
        self._database.execute(
            "UPDATE hosts SET queued = queued - ?1, leased = leased + ?1, holder = ?2 WHERE host = ?3",
            (len(rows), worker, host),
        )

    def _ended(self, lease_id: str) -> _Ended | None:
        row = self._database.execute(
            "SELECT id, host, site, kind, gap, expiries FROM targets WHERE lease = ?", (lease_id,)
        ).fetchone()
        return None if row is None else _Ended(*row)

    def _let_go(self, row: _Ended, now: float) -> None:
        """One lease fewer of a host; after the last one it is free again, and rests."""
        self._database.execute(
            "UPDATE hosts SET leased = leased - 1,"
            " holder = CASE WHEN leased > 1 THEN holder END,"
            " next_at = CASE WHEN leased > 1 THEN next_at ELSE max(next_at, ?) END WHERE host = ?",
            (now + row.gap, row.host),
        )

    def _reap(self, lease_id: str, now: float) -> None:
        row = self._ended(lease_id)
        if row is None:
            return
        self._let_go(row, now)
        if row.expiries + 1 >= self._table.max_expiries:
            self._count(row, Outcome(kind="failed", reason=Reason.LEASE_EXPIRED))
            self._database.execute("DELETE FROM targets WHERE id = ?", (row.id,))
            return
        self._database.execute(
            "UPDATE targets SET lease = NULL, expiries = expiries + 1, position = ? WHERE id = ?",
            (-self._next("head", 1), row.id),
        )
        self._note(row.host, now, queued=1, delayed=0)

    def _note(self, host: str, now: float, *, queued: int, delayed: int) -> None:
        """A host's waiting targets became more (or fewer). It lines up behind the hosts that have waited longer."""
        self._database.execute(
            "INSERT INTO hosts (host, next_at, queued, delayed) VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
            " next_at = CASE WHEN queued = 0 AND excluded.queued > 0 THEN max(next_at, excluded.next_at)"
            "  ELSE next_at END,"
            " queued = queued + excluded.queued, delayed = delayed + excluded.delayed",
            (host, now, queued, delayed),
        )

    def _count(self, row: _Ended, outcome: Outcome) -> None:
        counts = [(row.site, outcome.found or row.kind, str(outcome.kind), str(outcome.reason or ""), 1)]
        counts += [(row.site, "link", "skipped", str(reason), count) for reason, count in outcome.links.items()]
        self._database.executemany(
            "INSERT INTO counts VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (site, kind, outcome, reason) DO UPDATE SET count = count + excluded.count",
            counts,
        )

    def _next(self, name: str, count: int) -> int:
        """Take `count` numbers of a series; returns the first."""
        self._database.execute("UPDATE totals SET value = value + ? WHERE name = ?", (count, name))
        (value,) = self._database.execute("SELECT value FROM totals WHERE name = ?", (name,)).fetchone()
        return int(value) - count + 1


def _due(target: Target, now: float) -> float | None:
    """When a target becomes due; None when it is already."""
    return target.not_before if target.not_before is not None and target.not_before > now else None
