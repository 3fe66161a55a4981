"""`[scope]`: which addresses may be connected to at all."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from crawler.contract.config import Table
from crawler.contract.errors import ConfigError

CountryCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]


class AllowedNetwork(Table, frozen=True, kw_only=True):
    """A network that may be connected to although it is not public, on the record."""

    network: str
    country: CountryCode
    """The country to assume for it."""
    reason: Annotated[str, msgspec.Meta(min_length=5)]

    def parsed(self) -> IPv4Network | IPv6Network:
        """The network. Raises `ConfigError`."""
        try:
            return ip_network(self.network)
        except ValueError as error:
            raise ConfigError(f"scope.allow_networks: {error}. Write it like 127.0.0.0/8.") from None


class ScopeTable(Table, frozen=True, kw_only=True):
    """Public addresses in these countries only, and what is allowed besides with a reason."""

    countries: Annotated[tuple[CountryCode, ...], msgspec.Meta(min_length=1)] = ("NL",)
    allow_networks: tuple[AllowedNetwork, ...] = ()
    country_file: Path | None = None
    """A database of countries in MaxMind's format, as a second source besides the registries' delegations."""
    asn_file: Path | None = None
    """A database of networks (ASN) in MaxMind's format."""
    trust: Literal["both", "file", "registry"] = "both"
    """Whom to believe where `country_file` and the registries say different things.

    `both`: neither, the country is undetermined. `file`: the file, which knows where servers are; the registries know
    to whom an address was given. `registry`: the registries alone.
    """
    behind_cdn: Literal["refuse", "fetch"] = "refuse"
    """What to do with a site behind a content network, whose country cannot be seen.

    `refuse`: it is not fetched, counted as behind a CDN and listed: the hotline asks the network where the site is
    hosted. `fetch`: it is fetched all the same, its country told as undetermined.
    """
