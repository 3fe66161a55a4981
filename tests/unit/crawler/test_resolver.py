"""Each connection is judged anew, whatever a name led to before."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IHostnameResolver, IReactorPluggableNameResolver
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from zope.interface import directlyProvides, implementer, providedBy

from crawler.contract.reasons import Reason
from crawler.fetching.resolver import ScopedResolver
from crawler.sites import AddressScope, AllowedNetwork, ScopeTable

T = TypeVar("T")

GOOD, ALSO_GOOD, ABROAD, PRIVATE = "192.0.2.1", "192.0.2.2", "8.8.8.8", "10.0.0.1"


@implementer(IHostnameResolver)
class Dns:
    """Name servers of somebody else, who may change their mind between two questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def resolveHostName(self, receiver: Any, _host: str, port: int = 0, *_: Any, **more: Any) -> None:  # noqa: N802
        self.asked += 1
        port = more.get("portNumber", port)
        receiver.resolutionBegan(None)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        for address in answer:
            receiver.addressResolved((IPv6Address if ":" in address else IPv4Address)("TCP", address, port))
        receiver.resolutionComplete()


class Reactor(MemoryReactorClock):
    """Twisted's reactor in memory: it notes the connections that it is asked to make."""

    def __init__(self, dns: Dns) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.nameResolver: Any = dns
        directlyProvides(self, providedBy(self), IReactorPluggableNameResolver)

    def installNameResolver(self, resolver: Any) -> Any:  # noqa: N802  # Twisted's name
        self.nameResolver, before = resolver, self.nameResolver
        return before

    def connected_to(self) -> list[str]:
        return [host for host, *_ in self.tcpClients]


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def installed(time: Time) -> Callable[..., tuple[Reactor, Dns, ScopedResolver]]:
    def install(*answers: list[str]) -> tuple[Reactor, Dns, ScopedResolver]:
        dns = Dns(*answers)
        reactor: Any = Reactor(dns)  # Any: it is as much of a reactor as is needed
        allowed = AllowedNetwork(network="192.0.2.0/24", country="NL", reason="a test network")
        resolver = ScopedResolver(reactor, AddressScope(ScopeTable(allow_networks=(allowed,)), time), time)
        resolver.install_on_reactor()
        return reactor, dns, resolver

    return install


def connect(reactor: Reactor) -> None:
    factory: Any = Factory.forProtocol(Protocol)  # Any: zope's interfaces are no types
    attempt = HostnameEndpoint(reactor, "img.example", 80).connect(factory)
    attempt.addErrback(lambda _: None)


def run(work: Awaitable[T]) -> T:
    async def to_the_end() -> T:
        return await work

    return asyncio.run(to_the_end())


Installed = Callable[..., tuple[Reactor, Dns, ScopedResolver]]


@pytest.mark.parametrize("later", [PRIVATE, "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1", ABROAD])
def test_a_name_that_moves_out_of_scope_is_refused_at_the_next_connection(installed: Installed, later: str) -> None:
    reactor, _, resolver = installed([GOOD], [later])
    connect(reactor)
    assert reactor.connected_to() == [GOOD]
    assert resolver.refusal("img.example") is None
    connect(reactor)
    assert reactor.connected_to() == [GOOD]
    expected = Reason.COUNTRY_OUTSIDE if later == ABROAD else Reason.ADDRESS_NOT_PUBLIC
    assert resolver.refusal("img.example") is expected


def test_a_name_that_comes_back_into_scope_is_connected_to_again(installed: Installed) -> None:
    reactor, _, resolver = installed([PRIVATE], [GOOD])
    connect(reactor)
    connect(reactor)
    assert reactor.connected_to() == [GOOD]
    assert resolver.refusal("img.example") is None


def test_of_several_addresses_only_those_in_scope_are_connected_to(installed: Installed) -> None:
    reactor, _, _ = installed([PRIVATE, GOOD, ABROAD])
    connect(reactor)
    reactor.advance(10)
    assert reactor.connected_to() == [GOOD]


def test_what_resolve_remembers_does_not_answer_for_a_connection(installed: Installed) -> None:
    reactor, dns, resolver = installed([GOOD], [PRIVATE])
    assert run(resolver.resolve("img.example")) == GOOD
    connect(reactor)
    assert dns.asked == 2
    assert reactor.connected_to() == []


def test_resolve_believes_an_answer_for_a_minute_and_a_refusal_never(installed: Installed, time: Time) -> None:
    _, dns, resolver = installed([PRIVATE], [GOOD], [ALSO_GOOD])
    assert run(resolver.resolve("img.example")) is Reason.ADDRESS_NOT_PUBLIC
    assert run(resolver.resolve("img.example")) == GOOD
    time.now += 59
    assert run(resolver.resolve("img.example")) == GOOD
    assert dns.asked == 2
    time.now += 2
    assert run(resolver.resolve("img.example")) == ALSO_GOOD


def test_a_name_without_addresses_has_failed_to_resolve(installed: Installed) -> None:
    _, _, resolver = installed([])
    assert run(resolver.resolve("img.example")) is Reason.DNS_FAILED
    assert run(resolver.resolve(f"{'x' * 70}.example")) is Reason.DNS_FAILED


def test_a_host_of_many_addresses_stays_where_it_was_found_and_is_asked_there_first(installed: Installed) -> None:
    reactor, _, resolver = installed([GOOD, ALSO_GOOD], [ALSO_GOOD, GOOD])
    moves: list[tuple[str, str, str]] = []
    resolver.moved = lambda *move: moves.append(move)
    assert run(resolver.resolve("img.example")) == GOOD
    connect(reactor)
    assert reactor.connected_to() == [GOOD]
    assert moves == []


def test_a_host_that_has_moved_is_told_by_the_connection_that_notices(installed: Installed) -> None:
    reactor, _, resolver = installed([GOOD], [ALSO_GOOD])
    moves: list[tuple[str, str, str]] = []
    resolver.moved = lambda *move: moves.append(move)
    assert run(resolver.resolve("img.example")) == GOOD
    connect(reactor)
    assert moves == [("img.example", GOOD, ALSO_GOOD)]
    assert run(resolver.resolve("img.example")) == ALSO_GOOD


def test_questions_at_one_time_are_asked_once(installed: Installed) -> None:
    _, dns, resolver = installed([GOOD])

    async def both() -> list[str | Reason]:
        return await asyncio.gather(*(resolver.resolve("img.example") for _ in range(5)))

    assert run(both()) == [GOOD] * 5
    assert dns.asked == 1


def test_a_host_abroad_is_told_with_its_country_and_a_private_address_with_nothing(installed: Installed) -> None:
    for answer, expected in ((ABROAD, "US"), (PRIVATE, None)):
        reactor, _, resolver = installed([answer])
        connect(reactor)
        assert resolver.whereabouts("img.example") == expected
