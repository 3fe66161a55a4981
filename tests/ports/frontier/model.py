"""What a frontier should do, in the plainest words: everything in one list, searched anew at each call."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from crawler.contract.frontier import EVERYTHING, Completion, Lease, Target
from crawler.contract.reasons import DECIDED_HERE
from tests.ports.frontier.stores import ADDRESS_GAP, LEASE_SECONDS, MAX_EXPIRIES, MAX_LEASE_AGE

CLOSED_SECONDS = 3.0
"""A host that could not be asked is looked at again within so long."""


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
    derived: int | None
    """Its place among what came of its report."""
    expiries: int = 0
    held: Held | None = None


@dataclass
class Model:
    """The port's sentences, one by one. It is told which targets were leased, and says whether that was right."""

    items: list[Item] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    rests: dict[str, float] = field(default_factory=dict)
    looked_at: dict[str, float] = field(default_factory=dict)
    """Hosts that could not be asked, and until when they may be passed by."""
    known: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By report (or nothing) and site."""
    counts: Counter[tuple[str, str, str, str, str | None]] = field(default_factory=Counter)
    halted: set[str] = field(default_factory=set)
    budgets: dict[tuple[str, str], int] = field(default_factory=dict)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    rounds: Counter[str] = field(default_factory=Counter)
    derived: list[tuple[int, str]] = field(default_factory=list)
    """Fingerprint and outcome of what came of the report, in the order of acceptance."""
    revisits: dict[int, Target] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)
    occupied: dict[str, str] = field(default_factory=dict)
    address_rests: dict[str, float] = field(default_factory=dict)
    number: int = 0

    def add(self, targets: Sequence[Target], now: float, *, counting: bool = True) -> tuple[int, bool]:
        accepted, unseen = 0, False
        for target in targets:
            purse = (target.report_id or target.site, "items" if target.report_id else target.kind)
            first = target.fingerprint not in self.seen
            unseen = unseen or first
            if not first and not target.force:
                continue
            if self.taken[purse] >= self.budgets.get(purse, 10**9):
                self._count(target, "link", "skipped", "over_budget", int(counting))
                continue
            self.taken[purse] += 1
            self.seen.add(target.fingerprint)
            accepted += 1
            self._queue(target, now)
        return accepted, unseen

    def check_leased(  # what was asked, and what was answered
        self, worker: str, leases: Sequence[Lease], sites: Collection[str], limit: int, per_host: int, now: float
    ) -> None:
        assert len(leases) <= limit
        assert len({lease.id for lease in leases}) == len(leases)
        named = set() if EVERYTHING in self.halted else set(sites) - self.halted
        hosts = {item.target.host for item in self.items} | {lease.target.host for lease in leases}
        waits = {host: self._waiting(host, now) for host in hosts}
        gives = {host: _given(waits[host], named) for host in hosts}
        # A host that gave less than it has, for what stands in the way, may have had its share reckoned too large.
        exact = len(leases) < limit and all(0 in (len(gives[h]), len(waits[h]) - len(gives[h])) for h in hosts)
        may = {host: self._may_be_asked(worker, host, now) for host in hosts}
        for host in hosts:
            given = [lease for lease in leases if lease.target.host == host]
            room = max(0, per_host - len(self._held(host)))
            most = min(len(gives[host]), room) if may[host] else 0
            assert len(given) <= most
            if exact and not (given == [] and self.looked_at.get(host, now) > now):
                assert len(given) == most, "there was room for more"
            if not (gives[host] and may[host]):
                self.looked_at[host] = now + CLOSED_SECONDS
        for lease in leases:
            item = gives[lease.target.host].pop(0)
            assert (lease.target.fingerprint, lease.target.url) == (item.target.fingerprint, item.target.url)
            assert lease.target.attempt == item.attempt
            assert lease.expires_at == now + LEASE_SECONDS
            self.number += 1
            item.held = Held(lease.id, worker, now, lease.expires_at, self.number)
            if lease.target.host in self.settled:
                self.occupied[lease.target.host] = self.settled[lease.target.host]

    def settle(self, worker: str, host: str, address: str, now: float) -> bool:
        if self.occupied.get(host, address) != address:
            self._leave(host, now)
        if any(item.target.host == host for item in self.items):
            self.settled[host] = address
        if self.holder(host) not in (None, worker):
            return False
        if self.occupied.get(host) == address:
            return True
        may = self._may_be_at(worker, address, now)
        if may and self.holder(host) == worker:
            self.occupied[host] = address
        return may

    def complete(self, completions: Sequence[Completion], now: float) -> int:
        ended = 0
        for completion in completions:
            item = self._leased(completion.lease_id)
            outcome = completion.outcome
            if item is not None:
                ended += 1
                self._end(item, outcome.found or item.target.kind, outcome.kind, outcome.reason, now)
                for reason, n in outcome.links.items():
                    self._count(item.target, "link", "skipped", reason, n)
                for kept, n in outcome.inside.items():
                    ending = "fetched" if kept is None else "skipped" if kept in DECIDED_HERE else "failed"
                    self._count(item.target, "inside", ending, kept, n)
            _, unseen = self.add(completion.children, now, counting=item is not None)
            if item is not None and completion.again is not None:
                again = completion.again.fruitful if unseen else completion.again.fruitless
                self.revisits[again.fingerprint] = again
        self._forget_settled()
        return ended

    def schedule_revisits(self, sites: Collection[str], now: float) -> int:
        due = [each for each in self.revisits.values() if (each.not_before or 0) <= now and each.site in sites]
        for each in sorted(due, key=lambda each: each.not_before or 0):
            del self.revisits[each.fingerprint]
            self._queue(each, now)
        return len(due)

    def begin_round(self, site: str, after: int, seeds: Sequence[Target], now: float) -> bool:
        if self.rounds[site] != after:
            return False
        self.rounds[site] += 1
        self.taken[site, "page"] = self.taken[site, "picture"] = 0
        self.add(seeds, now)
        return True

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
                self._end(item, item.target.kind, "failed", "lease_expired", now)
            else:
                self._let_go(item, now)
                self.number += 1
                item.since = (0, 0, -self.number)
                item.due = now
        self._forget_settled()
        return len(expired)

    def defer_host(self, host: str, until: float) -> None:
        self.rests[host] = max(until, self.rests.get(host, until))

    def pending(self, report: str, site: str) -> int:
        return sum(item.held is None for item in self._of(report, site))

    def leased(self, report: str, site: str) -> int:
        return sum(item.held is not None for item in self._of(report, site))

    def hosts(self) -> int:
        return len({item.target.host for item in self.items})

    def has_work(self) -> bool:
        return EVERYTHING not in self.halted and any(item.target.site not in self.halted for item in self.items)

    def _of(self, report: str, site: str) -> list[Item]:
        """The items of a report, whatever the site; or of a site, whatever the report."""
        return [i for i in self.items if (i.target.report_id == report if report else i.target.site == site)]

    def _queue(self, target: Target, now: float) -> None:
        due = now if target.not_before is None else target.not_before
        derived = None
        if target.report_id is not None:
            derived = len(self.derived)
            self.derived.append((target.fingerprint, "pending"))
            self.known[target.report_id, ""] += 1
        self.known["", target.site] += 1
        self.items.append(Item(target, self._since(due, now), due, target.attempt, derived))

    def _count(self, target: Target, kind: str, outcome: str, reason: str | None, number: int) -> None:
        for report in {"", target.report_id or ""}:
            self.counts[report, target.site, kind, outcome, reason] += number

    def _since(self, due: float, now: float) -> tuple[float, int, int]:
        self.number += 1
        return (due, 0, self.number) if due > now else (now, 1, self.number)

    def _waiting(self, host: str, now: float) -> list[Item]:
        found = [i for i in self.items if i.target.host == host and i.held is None and i.due <= now]
        return sorted(found, key=lambda item: (item.target.priority, item.since))

    def _held(self, host: str) -> list[Item]:
        return [item for item in self.items if item.target.host == host and item.held is not None]

    def holder(self, host: str) -> str | None:
        workers = {item.held.worker for item in self._held(host) if item.held is not None}
        assert len(workers) <= 1
        return next(iter(workers), None)

    def _may_be_asked(self, worker: str, host: str, now: float) -> bool:
        if self.holder(host) not in (None, worker) or self.rests.get(host, now) > now:
            return False
        return host not in self.settled or self._may_be_at(worker, self.settled[host], now)

    def _may_be_at(self, worker: str, address: str, now: float) -> bool:
        there = {self.holder(host) for host, at in self.occupied.items() if at == address}
        return there <= {worker} and (bool(there) or self.address_rests.get(address, now) <= now)

    def _leave(self, host: str, now: float) -> None:
        address = self.occupied.pop(host)
        if address not in self.occupied.values():
            self.address_rests[address] = max(now + ADDRESS_GAP, self.address_rests.get(address, now))

    def _leased(self, lease_id: str) -> Item | None:
        return next((item for item in self.items if item.held is not None and item.held.id == lease_id), None)

    def _end(self, item: Item, kind: str, outcome: str, reason: str | None, now: float) -> None:
        self._let_go(item, now)
        self.items = [other for other in self.items if other is not item]
        self._count(item.target, kind, outcome, reason, 1)
        if item.derived is not None:
            self.derived[item.derived] = (item.target.fingerprint, outcome)

    def _let_go(self, item: Item, now: float) -> None:
        host = item.target.host
        item.held = None
        if not self._held(host):
            self.defer_host(host, now + item.target.gap)
            if host in self.occupied:
                self._leave(host, now)

    def _forget_settled(self) -> None:
        for host in set(self.settled) - {item.target.host for item in self.items}:
            del self.settled[host]


def _given(waiting: Sequence[Item], named: Collection[str]) -> list[Item]:
    """What may be handed out of a host: in each priority, what stands before the first target of a closed site."""
    closed: set[int] = set()
    given = []
    for item in waiting:
        if item.target.site not in named:
            closed.add(item.target.priority)
        elif item.target.priority not in closed:
            given.append(item)
    return given
