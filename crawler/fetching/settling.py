"""Before a host is first asked: at which address does it answer, and may this crawler ask that address?

Image hosts have many names on one address, and the pace holds for the address as well: the frontier lets one crawler
at a time ask it. Looked up again after a minute; a host that has moved is settled anew.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from crawler.contract.reasons import Reason

if TYPE_CHECKING:
    from crawler.contract.frontier import Lease
    from crawler.fetching.frontier_client import FrontierClient
    from crawler.fetching.pacing import HostPace

Resolve = Callable[[str], Awaitable[str | Reason]]
"""From a host to the address that would be connected to, or the reason why to none. May raise `OSError`."""

_SETTLED_FOR = 60.0


class Settling:
    """The hosts of this process, and the leases that wait for one to be settled."""

    def __init__(self, resolve: Resolve, frontier: FrontierClient, pace: HostPace) -> None:
        self._resolve = resolve
        self._frontier = frontier
        self._pace = pace
        self._settled: dict[str, tuple[str | None, float]] = {}
        self._waiting: dict[str, list[Lease]] = {}

    def push(self, lease: Lease) -> bool:
        """Let a lease wait for its host's turn, or else for `settle`. Returns whether that has to be called now."""
        host = lease.target.host
        if host in self._waiting:
            self._waiting[host].append(lease)
            return False
        address, until = self._settled.get(host, (None, 0.0))
        if until > time.time():
            if address is not None:
                self._pace.settle(host, address)
            self._pace.push(lease)
            return False
        self._waiting[host] = [lease]
        return True

    async def settle(self, host: str) -> list[Lease]:
        """Settle a host. Returns the leases to give back, since another crawler is asking its address."""
        address: str | None = None
        try:
            found = await self._resolve(host)
            address = None if isinstance(found, Reason) else found
        except OSError:
            pass  # the request will fail the same way, and is counted there
        allowed = address is None or await self._frontier.settle(host, address)
        leases = self._waiting.pop(host, [])
        if not allowed:
            return leases
        self._settled[host] = (address, time.time() + _SETTLED_FOR)
        if address is not None:
            self._pace.settle(host, address)
        for lease in leases:
            self._pace.push(lease)
        return []

    def drop(self, lease_ids: set[str]) -> None:
        """Forget leases that are this process's no longer."""
        for host, leases in self._waiting.items():
            self._waiting[host] = [lease for lease in leases if lease.id not in lease_ids]

    def drain(self) -> list[Lease]:
        """Take out everything that waits to be settled."""
        leases = [lease for waiting in self._waiting.values() for lease in waiting]
        self._waiting.clear()
        return leases

    def forget(self, now: float) -> None:
        """Let go of what was settled long ago."""
        for host in [host for host, (_, until) in self._settled.items() if until <= now]:
            del self._settled[host]
