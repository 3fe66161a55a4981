"""May this address be connected to? Asked for every connection, of the very address that will be used."""

from datetime import UTC, date, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from crawler.contract.clock import Clock
from crawler.contract.reasons import Reason
from crawler.contract.records import Country, Name
from crawler.contract.struct import Record
from crawler.sites.cdn import NETWORKS_AS_OF, cdn_of
from crawler.sites.configuration import ScopeTable
from crawler.sites.sources import HostingFile, Network, Registry

_NAT64_PREFIX = 0x64FF9B << 96  # 64:ff9b::/96, RFC 6052: an IPv4 address in IPv6 clothes
_UNICAST = IPv6Network("2000::/3")
"""All that is given out of IPv6 (RFC 4291, 2.4). Python calls much besides global: ::10.0.0.1, fec0::, 64:ff9b:1::."""
_SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20")))
"""What this Python calls global and is not: protocol assignments (a metadata service of Oracle's among them), 6to4's
relays, Azure's metadata service, documentation."""


class Hosting(Record, frozen=True, kw_only=True):
    """Where an address is hosted, as far as can be told."""

    country: Country
    asn: int | None = None
    organisation: Name | None = None
    """Who announces the address."""
    cdn: Name | None = None
    """The content network that answers there for a site that is elsewhere; `country.code` is then None."""


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), since that is who would answer; else the address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and int(address) >> 32 == _NAT64_PREFIX >> 32:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is globally reachable and unicast (IANA's special-purpose registries, as Python has them and more)."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in _SPECIAL):
        return False
    return isinstance(address, IPv4Address) or address in _UNICAST


class AddressScope:
    """Decides on addresses by `[scope]`."""

    def __init__(self, table: ScopeTable, clock: Clock) -> None:
        """Raises `ConfigError` when a network or a file cannot be read."""
        self._countries = frozenset(table.countries)
        self._allowed = [(each.parsed(), each.country) for each in table.allow_networks]
        self._behind_cdn = table.behind_cdn
        self._trust = table.trust
        self._clock = clock
        self._registry = Registry()
        self._file = None if table.country_file is None else HostingFile(table.country_file, "scope.country_file")
        self._networks = None if table.asn_file is None else HostingFile(table.asn_file, "scope.asn_file")

    def judge(self, text: str) -> Hosting | Reason:
        """Where an address in scope is hosted, or the reason why it is out of scope.

        What is no address in the usual spelling is none that may be connected to.
        """
        try:
            address = unwrapped(ip_address(text.partition("%")[0]))
        except ValueError:
            return Reason.ADDRESS_NOT_PUBLIC
        for network, country in self._allowed:
            if address in network:
                return Hosting(country=self._country(country, "scope.allow_networks"))
        if not is_public(address):
            return Reason.ADDRESS_NOT_PUBLIC
        hosting = self._hosting(address)
        if hosting.cdn is not None:
            return Reason.BEHIND_CDN if self._behind_cdn == "refuse" else hosting
        if hosting.country.code is None:
            return Reason.COUNTRY_UNDETERMINED
        return hosting if hosting.country.code in self._countries else Reason.COUNTRY_OUTSIDE

    def whereabouts(self, text: str) -> str | None:
        """Country, network and content network of a public address in a few words, for handing on; else None.

        It says nothing of the address itself: `DE, AS24940 Hetzner Online GmbH`.
        """
        try:
            address = unwrapped(ip_address(text.partition("%")[0]))
        except ValueError:
            return None
        if not is_public(address):
            return None
        hosting = self._hosting(address)
        named = hosting.country.code or ("behind " + hosting.cdn if hosting.cdn else "country undetermined")
        number = "" if hosting.asn is None else f", AS{hosting.asn} {hosting.organisation or ''}".rstrip()
        return named + number

    def _hosting(self, address: IPv4Address | IPv6Address) -> Hosting:
        network = self._networks.network(address) if self._networks else None
        cdn = cdn_of(address, network.asn if network else None)
        if cdn is not None:
            as_of = self._networks.as_of if network and self._networks else NETWORKS_AS_OF
            country = Country(code=None, source=f"behind {cdn}, by its networks", as_of=as_of)
        else:
            country = self._country_of(address)
        asn, organisation = network or Network(0, None)
        return Hosting(country=country, asn=asn or None, organisation=organisation or None, cdn=cdn)

    def _country_of(self, address: IPv4Address | IPv6Address) -> Country:
        """By the file, the registry, or both: sources that contradict each other leave it undetermined.

        A source that says nothing contradicts nobody.
        """
        registered = self._registry.country(address)
        if self._file is None or self._trust == "registry":
            return self._country(registered, self._registry.name)
        located = self._file.country(address)
        if located is None:
            return self._country(registered, self._registry.name)
        if self._trust == "file" or registered is None:
            return Country(code=located, source=self._file.name, as_of=self._file.as_of)
        sources = f"{self._file.name} and {self._registry.name}"
        return Country(code=located if located == registered else None, source=sources[:100], as_of=self._file.as_of)

    def _country(self, code: str | None, source: str) -> Country:
        return Country(code=code, source=source, as_of=self._today().isoformat())

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()
