"""HTTP basic authentication (RFC 7617), by profile or by report: only where the server asks, only to its own host.

Once a server has asked, the credentials go along with what lies below the address that asked (RFC 7617, 2.2), so that
not every request takes two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from w3lib.http import basic_auth_header

from crawler.contract.access import BasicAuth
from crawler.contract.config import read_secret
from crawler.contract.struct import Record

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.contract.frontier import Target
    from crawler.contract.reports import Report

_CHALLENGE = re.compile(r"(?:^|[,\s])basic(?:\s+|$)(.*)", re.IGNORECASE | re.DOTALL)
_REALM = re.compile(r'(?:^|[,\s])realm\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE)
_MOST_PLACES = 1000


class Credentials(Record, frozen=True, kw_only=True):
    """A user and a password, and how far they may go. The repr hides them."""

    user: str
    password: str
    schemes: tuple[str, ...]
    realm: str | None = None
    """Only where the server names this realm; None: any."""
    report_id: str | None = None
    """The report that states them; None: the profile does."""

    def __repr__(self) -> str:
        return "Credentials(hidden)"

    @property
    def header(self) -> bytes:
        """The Authorization header, in UTF-8."""
        return basic_auth_header(self.user, self.password, encoding="utf-8")


def of_profile(basic: BasicAuth) -> Credentials:
    """The profile's credentials. Raises `ConfigError` when their files cannot be read."""
    return Credentials(
        user=read_secret(basic.user_file, "basic_auth.user_file"),
        password=read_secret(basic.password_file, "basic_auth.password_file"),
        schemes=basic.schemes,
        realm=basic.realm,
    )


def of_report(report: Report, target: Target) -> Credentials | None:
    """The report's credentials, for addresses on the host that it reports; None for others, and where it has none.

    Over http only if the reported address is an http one.
    """
    if report.user is None or report.password is None:
        return None
    reported = urlsplit(target.chain[0] if target.chain else target.url)
    if reported.hostname != target.host:
        return None
    schemes = ("https", "http") if reported.scheme == "http" else ("https",)
    return Credentials(user=report.user, password=report.password, schemes=schemes, report_id=report.id)


def realm_of(response: Response) -> str | None:
    """The realm of a basic challenge, "" where it names none; None when the answer is no such challenge."""
    if response.status != 401:  # noqa: PLR2004
        return None
    for header in response.headers.getlist("WWW-Authenticate"):
        challenge = _CHALLENGE.search(header.decode("latin-1"))
        if challenge is not None:
            named = _REALM.search(challenge[1])
            return re.sub(r"\\(.)", r"\1", named[1]) if named and named[1] is not None else named[2] if named else ""
    return None


def may_go(credentials: Credentials, url: str, realm: str) -> bool:
    """Whether they may be sent to this address, which asks for them under this realm."""
    return urlsplit(url).scheme in credentials.schemes and credentials.realm in {None, realm}


class Asked:
    """The places where credentials were asked for and accepted, by site or report."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, None]] = {}

    def covers(self, owner: str, url: str) -> bool:
        """Whether the address lies at or below a place that was noted for this owner."""
        return any(url.startswith(place) for place in self._places.get(owner, ()))

    def note(self, owner: str, url: str) -> None:
        """Credentials of this owner were accepted at this address."""
        if self.covers(owner, url):
            return
        places = self._places.setdefault(owner, {})
        places[place_of(url)] = None
        if len(places) > _MOST_PLACES:
            del places[next(iter(places))]

    def forget(self, owner: str) -> None:
        """They are not accepted any more."""
        self._places.pop(owner, None)


def place_of(url: str) -> str:
    """An address up to the last slash of its path: scheme, host and port included."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/"
