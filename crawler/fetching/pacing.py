"""The pace within this process: of each host one request at a time, and its gap between one's end and the next's start.

Pure bookkeeping; the frontier makes sure that no other process has leases of the same host meanwhile.
"""

from collections import deque

from crawler.contract.frontier import Lease


class _Host:
    def __init__(self) -> None:
        self.waiting: deque[Lease] = deque()
        self.under_way: str | None = None
        self.ready_at = 0.0


class HostPace:
    """Leases that wait for their turn, by host, in the order they came."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def push(self, lease: Lease) -> None:
        """Let a lease wait for its host's turn."""
        self._hosts.setdefault(lease.target.host, _Host()).waiting.append(lease)
        self._waiting += 1

    def pop(self, now: float) -> Lease | None:
        """A lease whose host may be asked now, which is thereby under way; hosts take turns."""
        for name, host in self._hosts.items():
            if host.waiting and host.under_way is None and host.ready_at <= now:
                lease = host.waiting.popleft()
                host.under_way = lease.id
                self._waiting -= 1
                self._hosts[name] = self._hosts.pop(name)  # to the end of the line
                return lease
        return None

    def finished(self, lease: Lease, now: float) -> None:
        """The host has answered (or failed to); it rests for the target's gap. Telling it twice is harmless."""
        host = self._hosts.get(lease.target.host)
        if host is not None and host.under_way == lease.id:
            host.under_way = None
            host.ready_at = max(host.ready_at, now + lease.target.gap)

    def defer(self, name: str, until: float) -> None:
        """The host wants to be left alone until then (epoch seconds)."""
        host = self._hosts.setdefault(name, _Host())
        host.ready_at = max(host.ready_at, until)

    def next_due(self, now: float) -> float | None:
        """Seconds until some waiting lease's host may be asked, 0 if one may now; None when that needs an event."""
        due = [h.ready_at for h in self._hosts.values() if h.waiting and h.under_way is None]
        return max(0.0, min(due) - now) if due else None

    def drop(self, lease_ids: set[str]) -> None:
        """Forget waiting leases that are this process's no longer."""
        for host in self._hosts.values():
            kept = deque(lease for lease in host.waiting if lease.id not in lease_ids)
            self._waiting -= len(host.waiting) - len(kept)
            host.waiting = kept

    def drain(self) -> list[Lease]:
        """Take out everything that waits."""
        waiting = [lease for host in self._hosts.values() for lease in host.waiting]
        for host in self._hosts.values():
            host.waiting.clear()
        self._waiting = 0
        return waiting

    def forget_idle(self, now: float) -> None:
        """Let go of hosts with nothing to say: none waiting, none under way, rested."""
        idle = [n for n, h in self._hosts.items() if not h.waiting and h.under_way is None and h.ready_at <= now]
        for name in idle:
            del self._hosts[name]
