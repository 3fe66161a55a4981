"""What a frontier should do, in the plainest words: everything in one list, searched anew at each call."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.contract.frontier import Completion, Lease, Target
from tests.ports.frontier.stores import LEASE_SECONDS, MAX_EXPIRIES, MAX_LEASE_AGE


@dataclass
class Held:
    """A lease as the model sees it."""

    id: str
    worker: str
    started: float
    expires: float
    number: int


@dataclass
class Item:
    """A target that has not ended."""

    target: Target
    since: tuple[float, int, int]
    """When it became due, and its place among those of the same moment."""
    due: float
    attempt: int
    expiries: int = 0
    held: Held | None = None


@dataclass
class Model:
    """The port's sentences, one by one. It is told which targets were leased, and says whether that was right."""

    items: list[Item] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    rests: dict[str, float] = field(default_factory=dict)
    counts: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    accepted: int = 0
    number: int = 0

    def add(self, targets: Sequence[Target], now: float) -> int:
        accepted = 0
        for target in targets:
            if target.fingerprint in self.seen and not target.force:
                continue
            self.seen.add(target.fingerprint)
            accepted += 1
            due = now if target.not_before is None else target.not_before
            self.items.append(Item(target, self._since(due, now), due, target.attempt))
        self.accepted += accepted
        return accepted

    def check_leased(self, worker: str, leases: Sequence[Lease], limit: int, per_host: int, now: float) -> None:
        assert len(leases) <= limit
        assert len({lease.id for lease in leases}) == len(leases)
        for host in {item.target.host for item in self.items} | {lease.target.host for lease in leases}:
            given = [lease for lease in leases if lease.target.host == host]
            waiting = self._waiting(host, now)
            room = max(0, per_host - len(self._held(host)))
            may = self._holder(host) in (None, worker) and self.rests.get(host, now) <= now
            most = min(len(waiting), room) if may else 0
            assert len(given) <= most
            if len(leases) < limit:
                assert len(given) == most, "there was room for more"
            for lease, item in zip(given, waiting, strict=False):
                assert (lease.target.fingerprint, lease.target.url) == (item.target.fingerprint, item.target.url)
                assert lease.target.attempt == item.attempt
                assert lease.expires_at == now + LEASE_SECONDS
                self.number += 1
                item.held = Held(lease.id, worker, now, lease.expires_at, self.number)

    def complete(self, completions: Sequence[Completion], now: float) -> int:
        ended = 0
        for completion in completions:
            item = self._leased(completion.lease_id)
            if item is not None:
                ended += 1
                found = completion.outcome.found or item.target.kind
                self._end(item, (found, completion.outcome.kind, completion.outcome.reason), now)
                self.counts.update({("link", "skipped", reason): n for reason, n in completion.outcome.links.items()})
            self.add(completion.children, now)
        return ended

    def release(self, lease_id: str, not_before: float, attempt: int, now: float) -> bool:
        item = self._leased(lease_id)
        if item is None:
            return False
        self._let_go(item, now)
        item.attempt, item.due, item.since = attempt, not_before, self._since(not_before, now)
        return True

    def renew(self, worker: str, lease_ids: Sequence[str], now: float) -> list[str]:
        lost = []
        for lease_id in lease_ids:
            item = self._leased(lease_id)
            held = None if item is None else item.held
            if held is None or held.worker != worker or now - held.started >= MAX_LEASE_AGE:
                lost.append(lease_id)
            else:
                held.expires = min(now + LEASE_SECONDS, held.started + MAX_LEASE_AGE)
        return lost

    def reap(self, now: float) -> int:
        expired = [(item.held.expires, item.held.number, item) for item in self.items if item.held is not None]
        expired = [each for each in expired if each[0] <= now]
        for _, _, item in sorted(expired, key=lambda each: each[:2], reverse=True):
            item.expiries += 1
            if item.expiries >= MAX_EXPIRIES:
                self._end(item, (item.target.kind, "failed", "lease_expired"), now)
            else:
                self._let_go(item, now)
                self.number += 1
                item.since = (0, 0, -self.number)
                item.due = now
        return len(expired)

    def defer_host(self, host: str, until: float) -> None:
        self.rests[host] = max(until, self.rests.get(host, until))

    def leased(self) -> int:
        return sum(item.held is not None for item in self.items)

    def hosts(self) -> int:
        return len({item.target.host for item in self.items})

    def _since(self, due: float, now: float) -> tuple[float, int, int]:
        self.number += 1
        return (due, 0, self.number) if due > now else (now, 1, self.number)

    def _waiting(self, host: str, now: float) -> list[Item]:
        found = [i for i in self.items if i.target.host == host and i.held is None and i.due <= now]
        return sorted(found, key=lambda item: (item.target.priority, item.since))

    def _held(self, host: str) -> list[Item]:
        return [item for item in self.items if item.target.host == host and item.held is not None]

    def _holder(self, host: str) -> str | None:
        workers = {item.held.worker for item in self._held(host) if item.held is not None}
        assert len(workers) <= 1
        return next(iter(workers), None)

    def _leased(self, lease_id: str) -> Item | None:
        return next((item for item in self.items if item.held is not None and item.held.id == lease_id), None)

    def _end(self, item: Item, counted_as: tuple[str, str, str | None], now: float) -> None:
        self._let_go(item, now)
        self.items = [other for other in self.items if other is not item]
        self.counts[counted_as] += 1

    def _let_go(self, item: Item, now: float) -> None:
        host = item.target.host
        item.held = None
        if not self._held(host):
            self.defer_host(host, now + item.target.gap)
