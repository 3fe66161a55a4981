"""The `[known.remote.LIST]` tables: from where a registered list is fetched, and how often."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from crawler.contract.config import Table
from crawler.contract.errors import ConfigError
from matchers.known.registration import checked_server

_ADULTS = "stopncii.org"


class RemoteTable(Table, frozen=True, kw_only=True):
    """One list. Its name is the table's, and that under which the list has been registered."""

    kind: Literal["ncmec", "threatexchange"]
    """How the provider answers: NCMEC's hash sharing v2 (XML), or JSON with `hashRecords` and `nextPageToken`."""
    url: str
    """NCMEC: the application's root, without `/v2`. Otherwise the address that is asked, without its query."""
    user: str | None = None
    password_file: Path | None = None
    """A file with the user's password and nothing else, readable by its owner only."""
    certificate_file: Path | None = None
    """Our own certificate in PEM, where the provider asks for one."""
    key_file: Path | None = None
    """Its key, not encrypted, readable by its owner only."""
    ca_file: Path | None = None
    """Certificates to trust; None trusts what the system trusts. There is no way to trust everybody."""
    proxy: str | None = None
    """As `http://name:port`. Proxies that the environment names are not used."""
    every_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 60
    """How often it is asked for what is new. NCMEC calls every 10 minutes to once a day reasonable."""
    page_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 800
    """Records a page, where the provider lets us choose: NCMEC does not."""
    overlap_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 10
    """Each fetch begins so long before the end of the last one, since clocks differ and a provider's writes may show
    late. What comes twice is stored once."""
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    """How long the provider may be silent; a page may take ten times as long in all."""
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6
    """How often one page is asked for before the fetch is given up until its next turn."""
    most_page_bytes: Annotated[int, msgspec.Meta(ge=1024, le=1 << 30)] = 64 << 20
    """A larger page, unpacked, is refused."""


def checked_url(name: str, table: RemoteTable) -> Url:
    """The table's address, taken apart. Raises `ConfigError` for one that must not or cannot be asked."""
    place = f"[known.remote.{name}]"
    try:
        url = parse_url(table.url)
    except LocationParseError:
        raise ConfigError(f"{place}: `url` is no address. It looks like https://name/path.") from None
    if url.scheme not in {"https", "http"} or not url.host:
        raise ConfigError(f"{place}: `url` must look like https://name/path.")
    if url.auth or url.query or url.fragment:
        raise ConfigError(f"{place}: `url` bears no user, `?` or `#`. Users stand in `user` and `password_file`.")
    if url.scheme == "http" and not _on_this_machine(url.host):
        raise ConfigError(f"{place}: `url` must be https: without it anybody on the way reads the list.")
    host = url.host.lower().rstrip(".")
    if host == _ADULTS or host.endswith(f".{_ADULTS}"):
        raise ConfigError(f"{place}: that is a list of pictures of adults. It is of another law, and refused here.")
    return url


def server_of(name: str, table: RemoteTable) -> str:
    """Which server is asked, as a registration names it (`matchers.known.registration.checked_server`)."""
    return checked_server(checked_url(name, table).url, path_too=True)


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
