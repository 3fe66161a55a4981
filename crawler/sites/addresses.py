"""May this address be connected to? Asked for every connection, of the very address that will be used."""

from datetime import UTC, date, datetime
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, ip_address

import iptocc

from crawler.contract.clock import Clock
from crawler.contract.reasons import Reason
from crawler.contract.records import Country
from crawler.sites.configuration import ScopeTable

_NAT64_PREFIX = 0x64FF9B << 96  # 64:ff9b::/96, RFC 6052: an IPv4 address in IPv6 clothes


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), since that is who would answer; else the address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and int(address) >> 32 == _NAT64_PREFIX >> 32:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address


class AddressScope:
    """Decides on addresses by `[scope]`."""

    def __init__(self, table: ScopeTable, clock: Clock) -> None:
        """Raises `ConfigError` when a network cannot be read."""
        self._countries = frozenset(table.countries)
        self._allowed = [(each.parsed(), each.country) for each in table.allow_networks]
        self._clock = clock
        self._source = f"iptocc {version('iptocc')} (registry delegations)"

    def judge(self, text: str) -> Country | Reason:
        """The country of an address in scope, or the reason why it is out of scope.

        Public means globally reachable and unicast (IANA's special-purpose registries, as Python has them).
        """
        address = unwrapped(ip_address(text.partition("%")[0]))
        for network, country in self._allowed:
            if address in network:
                return Country(code=country, source="scope.allow_networks", as_of=self._today().isoformat())
        if not address.is_global or address.is_multicast:
            return Reason.ADDRESS_NOT_PUBLIC
        code = iptocc.country_code(str(address))
        if code is None:
            return Reason.COUNTRY_UNDETERMINED
        if code not in self._countries:
            return Reason.COUNTRY_OUTSIDE
        return Country(code=code, source=self._source, as_of=self._today().isoformat())

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()
