"""Name resolution with the scope built in: the addresses judged are the ones connected to, so nothing can rebind.

Twisted asks it for every connection, for names and for address literals in any spelling alike. Nothing is cached
here: the system's resolver knows the records' lifetimes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from crawler.contract.reasons import Reason
from crawler.fetching.configured import configuration_of
from crawler.sites import AddressScope, ScopeTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.base import ReactorBase

_REMEMBERED = 10_000


# Any below: zope's interfaces are no types that mypy could follow.


@implementer(IResolutionReceiver)
class _InScope:
    """Passes on to `receiver` the addresses in scope, and tells at the end why there were none."""

    def __init__(self, receiver: Any, scope: AddressScope, done: Callable[[Reason | None], None]) -> None:
        self._receiver = receiver
        self._scope = scope
        self._done = done
        self._found = False
        self._refused: Reason | None = None

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        judged = self._scope.judge(address.host)
        if isinstance(judged, Reason):
            self._refused = judged
        else:
            self._found = True
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802  # Twisted's name
        """See `IResolutionReceiver`."""
        self._done(None if self._found else self._refused)
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class ScopedResolver:
    """Resolves by the system and passes on the addresses in scope only."""

    def __init__(self, reactor: ReactorBase, scope: AddressScope) -> None:
        self._reactor = reactor
        self._system: Any = reactor.nameResolver
        self._scope = scope
        self._refusals: OrderedDict[str, Reason] = OrderedDict()

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
        return self._refusals.get(host)

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *rest: Any, **more: Any) -> Any:  # noqa: N802, N803
        """See `IHostnameResolver`."""

        def done(refusal: Reason | None) -> None:
            self._remember(hostName, refusal)

        return self._system.resolveHostName(_InScope(resolutionReceiver, self._scope, done), hostName, *rest, **more)

    def _remember(self, host: str, refusal: Reason | None) -> None:
        self._refusals.pop(host, None)
        if refusal is not None:
            self._refusals[host] = refusal
            if len(self._refusals) > _REMEMBERED:
                self._refusals.popitem(last=False)


def refusal_of(host: str) -> Reason | None:
    """Why this process's resolver found no address to connect to for a host, when that was for the scope's sake."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install the wrong one

    resolver: object = reactor.nameResolver
    return resolver.refusal(host) if isinstance(resolver, ScopedResolver) else None
