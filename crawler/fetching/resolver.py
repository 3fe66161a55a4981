"""Name resolution with the scope built in: the addresses judged are the ones connected to, so nothing can rebind.

Twisted asks it for every connection, for names and for address literals in any spelling alike. Connections are never
answered from memory: when DNS moves, the decision is made again. `resolve` remembers for a minute where a host is, for
those who pace hosts by address; each connection's own look-up corrects it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from crawler.contract.errors import ConfigError
from crawler.contract.reasons import Reason
from crawler.fetching.configured import configuration_of
from crawler.sites import AddressScope, ScopeTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.base import ReactorBase

    from crawler.contract.clock import Clock

_REMEMBERED = 10_000
_LIFETIME = 60.0
"""Seconds for which `resolve` believes an answer. No pace or scope depends on it being short."""
_PATIENCE = 60.0
"""Seconds after which a name counts as not resolved."""


# Any below: zope's interfaces are no types that mypy could follow.


@implementer(IResolutionReceiver)
class _InScope:
    """Passes on to `receiver` the addresses in scope once all are known, in the order that `done` gives them."""

    def __init__(
        self, receiver: Any, scope: AddressScope, done: Callable[[list[Any], tuple[Reason, str] | None], list[Any]]
    ) -> None:
        self._receiver = receiver
        self._scope = scope
        self._done = done
        self._found: list[Any] = []
        self._refused: tuple[Reason, str] | None = None

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        judged = self._scope.judge(address.host)
        if isinstance(judged, Reason):
            self._refused = (judged, address.host)
        else:
            self._found.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        for address in self._done(self._found, self._refused):
            self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()


@implementer(IResolutionReceiver)
class _Gathering:
    """Gathers addresses for a future."""

    def __init__(self, future: asyncio.Future[list[str]]) -> None:
        self._future = future
        self._addresses: list[str] = []

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        self._addresses.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        if not self._future.done():
            self._future.set_result(self._addresses)


@implementer(IHostnameResolver)
class ScopedResolver:
    """Resolves by the system and passes on the addresses in scope only."""

    def __init__(self, reactor: ReactorBase, scope: AddressScope, clock: Clock = time.time) -> None:
        self._reactor = reactor
        self._system: Any = reactor.nameResolver
        self._scope = scope
        self._clock = clock
        self._refusals: OrderedDict[str, tuple[Reason, str]] = OrderedDict()
        self._settled: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[str | Reason]] = {}
        self.moved: Callable[[str, str, str], None] | None = None
        """Called with host, old and new address when a look-up no longer holds the address a host was found at."""

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: ReactorBase) -> ScopedResolver:
        """Called by Scrapy, which hands its process over here; that has settings as a crawler does."""
        table = configuration_of(crawler.settings).table("scope", ScopeTable)
        return cls(reactor, AddressScope(table, time.time))

    def install_on_reactor(self) -> None:
        """Called by Scrapy."""
        resolver: Any = self
        self._reactor.installNameResolver(resolver)

    def refusal(self, host: str) -> Reason | None:
        """Why the last resolution of this host gave no address, when that was for the scope's sake."""
        found = self._refusals.get(host)
        return None if found is None else found[0]

    def whereabouts(self, host: str) -> str | None:
        """Where the address lies for which this host was refused, in a few words; None when that says nothing."""
        found = self._refusals.get(host)
        return None if found is None else self._scope.whereabouts(found[1])

    async def resolve(self, host: str) -> str | Reason:
        """The address in scope at which a host is, or why there is none. Believed for a minute; refusals never are.

        Of several addresses it stays with the one it gave before, for as long as that is among them.
        """
        known = self._settled.get(host)
        if known is not None and known[1] > self._clock():
            return known[0]
        return await self.resolve_now(host)

    async def resolve_now(self, host: str) -> str | Reason:
        """As `resolve`, but believing nothing: for each connection that somebody else makes for us."""
        asked = self._asked.get(host)
        if asked is None:
            asked = asyncio.get_running_loop().create_task(self._ask(host))
            self._asked[host] = asked
            asked.add_done_callback(lambda _: self._asked.pop(host, None))
        return await asyncio.shield(asked)

    async def resolve_unjudged(self, host: str) -> Sequence[str]:
        """Every address of a host, wherever it is. For a profile's proxy alone: its place is on record there."""
        return await self._gather(self._system, host)

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *rest: Any, **more: Any) -> Any:  # noqa: N802, N803
        """See `IHostnameResolver`."""

        def done(found: list[Any], refused: tuple[Reason, str] | None) -> list[Any]:
            self._settle(hostName, [address.host for address in found])
            self._remember(hostName, None if found else refused)
            # Where the host is paced is where it is asked, as long as that address answers.
            return sorted(found, key=lambda address: address.host != self._settled[hostName][0])

        return self._system.resolveHostName(_InScope(resolutionReceiver, self._scope, done), hostName, *rest, **more)

    async def _ask(self, host: str) -> str | Reason:
        if await self._gather(self, host):
            return self._settled[host][0]
        return self.refusal(host) or Reason.DNS_FAILED

    async def _gather(self, resolver: Any, host: str) -> list[str]:
        try:
            host.encode("idna")  # what no name can be, Twisted's resolver never answers
        except UnicodeError:
            return []
        future: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        resolver.resolveHostName(_Gathering(future), host)
        try:
            return await asyncio.wait_for(future, _PATIENCE)
        except TimeoutError:
            return []

    def _settle(self, host: str, addresses: list[str]) -> None:
        before = self._settled.pop(host, None)
        if not addresses:
            return
        stays = before is not None and before[0] in addresses
        address = before[0] if before is not None and stays else addresses[0]
        self._settled[host] = (address, self._clock() + _LIFETIME)
        if len(self._settled) > _REMEMBERED:
            self._settled.popitem(last=False)
        if before is not None and not stays and self.moved is not None:
            self.moved(host, before[0], address)

    def _remember(self, host: str, refusal: tuple[Reason, str] | None) -> None:
        self._refusals.pop(host, None)
        if refusal is not None:
            self._refusals[host] = refusal
            if len(self._refusals) > _REMEMBERED:
                self._refusals.popitem(last=False)


def installed_resolver() -> ScopedResolver:
    """This process's resolver. Raises `ConfigError` when it is another's."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install the wrong one

    resolver: object = reactor.nameResolver
    if not isinstance(resolver, ScopedResolver):
        raise ConfigError("the setting TWISTED_DNS_RESOLVER is not ours: use crawler.settings")
    return resolver


def refusal_of(host: str) -> Reason | None:
    """Why this process's resolver found no address to connect to for a host, when that was for the scope's sake."""
    return installed_resolver().refusal(host)
