"""Who says where an address is hosted: the registries' delegations, and a file in MaxMind's format."""

import re
from datetime import UTC, datetime
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, NamedTuple

import iptocc
import maxminddb

from crawler.contract.errors import ConfigError

_CODE = re.compile(r"[A-Z]{2}")
_ASN = re.compile(r"(?:AS)?(\d{1,10})")
_LONGEST_NAME = 60


class Network(NamedTuple):
    """The network an address belongs to."""

    asn: int
    organisation: str | None


class Registry:
    """The registries' delegations, which come with a package. To whom an address was given, not where it is used."""

    name = f"iptocc {version('iptocc')} (registry delegations)"

    def country(self, address: IPv4Address | IPv6Address) -> str | None:
        """ISO code of the country; None when no registry has given the address out."""
        code: str | None = iptocc.country_code(str(address))
        return code if code is not None and _CODE.fullmatch(code) else None


class HostingFile:
    """A file in MaxMind's format, of countries or of networks. It is opened once: restart after replacing it."""

    def __init__(self, path: Path, key: str) -> None:
        """Raises `ConfigError` that names `key` when the file cannot be used."""
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            told = type(error).__name__
            raise ConfigError(f"{key}: {path} cannot be read as a MaxMind database ({told}). Fetch it anew.") from None
        about = self._reader.metadata()
        self.as_of = datetime.fromtimestamp(about.build_epoch, UTC).date().isoformat()
        self.name = f"{about.database_type[:_LONGEST_NAME] or path.name[:_LONGEST_NAME]}"

    def country(self, address: IPv4Address | IPv6Address) -> str | None:
        """ISO code of the country in which the address is; None when the file does not say."""
        found = self._get(address)
        nested = found.get("country")
        code = nested.get("iso_code") if isinstance(nested, dict) else found.get("country_code", nested)
        return code.upper() if isinstance(code, str) and _CODE.fullmatch(code.upper()) else None

    def network(self, address: IPv4Address | IPv6Address) -> Network | None:
        """The network that announces the address; None when the file does not say."""
        found = self._get(address)
        number = _ASN.fullmatch(str(found.get("autonomous_system_number", found.get("asn", ""))))
        if number is None:
            return None
        name = found.get("autonomous_system_organization", found.get("as_name", found.get("name")))
        return Network(int(number[1]), name[:_LONGEST_NAME] if isinstance(name, str) else None)

    def _get(self, address: IPv4Address | IPv6Address) -> dict[str, Any]:
        """The record of an address; empty when there is none. Any: each publisher has a shape of its own."""
        try:
            found = self._reader.get(str(address))
        except (ValueError, maxminddb.InvalidDatabaseError):  # a file of IPv4 only; a damaged place
            return {}
        return found if isinstance(found, dict) else {}
