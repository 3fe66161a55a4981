"""The pace within this process: of each host one request at a time, and its gap between one's end and the next's start.

Hosts that answer at one address share a second pace, the address's own. Pure bookkeeping; the frontier makes sure
that no other process has leases of the same host, or of another host at the same address, meanwhile.
"""

from bisect import insort

from crawler.contract.frontier import Lease


def _priority(lease: Lease) -> int:
    return lease.target.priority


def _may_be_slowed(lease: Lease) -> bool:
    """New pages bring new work for people; pictures of pages already seen, and reports, never wait for them."""
    return lease.target.kind == "page" and lease.target.report_id is None


class _Lane:
    """Something that is asked one thing at a time."""

    def __init__(self) -> None:
        self.under_way: str | None = None
        self.ready_at = 0.0


class _Host(_Lane):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Lease] = []
        self.least_gap = 0.0
        self.address: str | None = None
        self.slow_until = 0.0
        """Until then no page that may be slowed."""

    def next_at(self) -> float:
        """When the first of those that wait may go, as far as the host goes."""
        slowed = self.slow_until if all(map(_may_be_slowed, self.waiting)) else 0.0
        return max(self.ready_at, slowed)

    def take(self, now: float) -> Lease:
        """The first that may go; `now` is not before `next_at()`."""
        for place, lease in enumerate(self.waiting):
            if self.slow_until <= now or not _may_be_slowed(lease):
                return self.waiting.pop(place)
        raise AssertionError("nothing may go yet")


class HostPace:
    """Leases that wait for their turn, by host: lowest priority first, then in the order they came."""

    def __init__(self, address_gap: float = 0.0) -> None:
        """`address_gap`: seconds between two requests to one address, whatever the hosts."""
        self.slowness = 1.0
        """How many gaps lie between two new pages of a host, reports left aside: more than 1 slows the crawl down."""
        self._address_gap = address_gap
        self._hosts: dict[str, _Host] = {}
        self._addresses: dict[str, _Lane] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def push(self, lease: Lease) -> None:
        """Let a lease wait for its host's turn."""
        insort(self._hosts.setdefault(lease.target.host, _Host()).waiting, lease, key=_priority)
        self._waiting += 1

    def settle(self, host: str, address: str) -> None:
        """The host answers at this address, from now on."""
        self._hosts.setdefault(host, _Host()).address = address
        self._addresses.setdefault(address, _Lane())

    def slow_down(self, host: str, gap: float) -> None:
        """The host asks for so many seconds between two requests; a profile that asks for more still holds."""
        self._hosts.setdefault(host, _Host()).least_gap = gap

    def wanted_gap(self, name: str) -> float:
        """What the host asked for with `slow_down`; 0 when it did not."""
        host = self._hosts.get(name)
        return 0.0 if host is None else host.least_gap

    def pop(self, now: float) -> Lease | None:
        """A lease whose host may be asked now, which is thereby under way; hosts take turns."""
        for name, host in self._hosts.items():
            if not host.waiting or host.under_way is not None or host.next_at() > now:
                continue
            address = self._address_of(host)
            if address is not None and (address.under_way is not None or address.ready_at > now):
                continue
            lease = host.take(now)
            host.under_way = lease.id
            if address is not None:
                address.under_way = lease.id
            self._waiting -= 1
            self._hosts[name] = self._hosts.pop(name)  # to the end of the line
            return lease
        return None

    def finished(self, lease: Lease, now: float) -> None:
        """The host has answered (or failed to); it rests for the target's gap. Telling it twice is harmless."""
        host = self._hosts.get(lease.target.host)
        if host is None or host.under_way != lease.id:
            return
        gap = max(lease.target.gap, host.least_gap)
        host.under_way = None
        host.ready_at = max(host.ready_at, now + gap)
        if _may_be_slowed(lease) and self.slowness > 1:
            host.slow_until = now + gap * self.slowness
        address = self._address_of(host)
        if address is not None and address.under_way == lease.id:
            address.under_way = None
            address.ready_at = max(address.ready_at, now + self._address_gap)

    def defer(self, name: str, until: float) -> None:
        """The host wants to be left alone until then (epoch seconds)."""
        host = self._hosts.setdefault(name, _Host())
        host.ready_at = max(host.ready_at, until)

    def next_due(self, now: float) -> float | None:
        """Seconds until some waiting lease's host may be asked, 0 if one may now; None when that needs an event."""
        due: list[float] = []
        for host in self._hosts.values():
            address = self._address_of(host)
            if host.waiting and host.under_way is None and (address is None or address.under_way is None):
                due.append(max(host.next_at(), address.ready_at if address else 0.0))
        return max(0.0, min(due) - now) if due else None

    def drop(self, lease_ids: set[str]) -> None:
        """Forget waiting leases that are this process's no longer."""
        for host in self._hosts.values():
            kept = [lease for lease in host.waiting if lease.id not in lease_ids]
            self._waiting -= len(host.waiting) - len(kept)
            host.waiting = kept

    def take_out(self, sites: frozenset[str]) -> list[Lease]:
        """Take out what waits of these sites."""
        taken = [lease for host in self._hosts.values() for lease in host.waiting if lease.target.site in sites]
        self.drop({lease.id for lease in taken})
        return taken

    def drain(self) -> list[Lease]:
        """Take out everything that waits."""
        waiting = [lease for host in self._hosts.values() for lease in host.waiting]
        for host in self._hosts.values():
            host.waiting.clear()
        self._waiting = 0
        return waiting

    def forget_idle(self, now: float) -> None:
        """Let go of hosts with nothing to say: none waiting, none under way, rested; and of addresses without any."""
        idle = [
            n
            for n, h in self._hosts.items()
            if not h.waiting and h.under_way is None and max(h.ready_at, h.slow_until) <= now and not h.least_gap
        ]
        for name in idle:
            del self._hosts[name]
        used = {host.address for host in self._hosts.values()}
        rested = [n for n, a in self._addresses.items() if n not in used and a.under_way is None and a.ready_at <= now]
        for name in rested:
            del self._addresses[name]

    def _address_of(self, host: _Host) -> _Lane | None:
        return None if host.address is None else self._addresses.get(host.address)
