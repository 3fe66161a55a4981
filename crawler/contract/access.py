"""How a site is entered where a plain GET does not do: referrer, cookies, age gates, logins. Parts of its profile."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from crawler.contract.struct import Record

Seconds = Annotated[float, msgspec.Meta(gt=0)]

_NOT_BY_PROFILE = frozenset(
    """
    host referer cookie cookie2 authorization range if-range if-match if-none-match if-modified-since
    if-unmodified-since content-length content-type expect origin user-agent
    connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade
    """.split()
)
"""Headers that are the crawler's own business, or have a key of their own in the profile; last, RFC 9110's 7.6.1."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise `ValueError` for a header that a profile must not set."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise ValueError(f"headers: {name!r} is no header, or its value has line ends in it")
        if name.lower() in _NOT_BY_PROFILE:
            raise ValueError(
                f"headers: {name} is not set here. Use user_agent, referrer, cookies, login or basic_auth for it, "
                "if it is one of theirs."
            )


def on_hosts(url: str, hosts: Iterable[str]) -> bool:
    """Whether it is an http(s) address on one of these hosts, written as a profile writes them."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return False
    named = [each.lower().rstrip(".") for each in hosts]
    return any(host.endswith(each) if each.startswith(".") else host == each for each in named)


class Cookies(Record, frozen=True, kw_only=True):
    """Cookies that the site wants to see. Needs the means "cookie"."""

    fixed: Mapping[str, str] = {}
    """Sent with every request to the site, by name."""
    visit_first: str | None = None
    """A page that sets the cookies (an age gate's "enter" address): asked for once, by one crawler for all."""
    gate: str | None = None
    """Regular expression that a page shows to those who have yet to pass the gate: when seen, it is passed anew."""
    lifetime_seconds: Seconds = 6 * 3600
    """After so long the page is visited again."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none, and cookies that would break the header they stand in."""
        _check_pattern("gate", self.gate)
        for name, value in self.fixed.items():
            if not _TOKEN.fullmatch(name) or _CONTROL.search(value) or ";" in value:
                raise ValueError(f"cookies.fixed: {name!r} is no cookie")


class Login(Record, frozen=True, kw_only=True):
    """The site's own login form, filled in as a person would. Needs the means "account". Never registers an account."""

    page: str
    """The address of the page that holds the form."""
    form: str = "form:has(input[type=password])"
    """CSS selector of the form on it. Hidden fields (CSRF tokens) are sent as they stand."""
    user_field: str
    password_field: str
    fields: Mapping[str, str] = {}
    """Other fields to fill in, by name."""
    user_file: Path
    password_file: Path
    """Files readable by their owner only; relative to the profile."""
    success: str
    """Regular expression that every page shows to those who are logged in (the logout link, say)."""
    lifetime_seconds: Seconds = 24 * 3600
    """After so long one logs in anew, even if the session seems to hold."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none."""
        _check_pattern("success", self.success)


class BasicAuth(Record, frozen=True, kw_only=True):
    """HTTP basic authentication (RFC 7617). Needs the means "account"."""

    user_file: Path
    password_file: Path
    realm: str | None = None
    """Only where the server names this realm; None: wherever it asks."""
    schemes: Annotated[tuple[Literal["https", "http"], ...], msgspec.Meta(min_length=1)] = ("https",)
    """Over which the credentials may travel. Over http everybody on the way can read them."""


class Proxy(Record, frozen=True, kw_only=True):
    """An HTTP proxy to reach the site through. It is only ever asked for addresses that were judged here."""

    address: Annotated[str, msgspec.Meta(pattern=r"^http://[^/@\s]+:\d+$")]
    """`http://host:port`."""
    reason: Annotated[str, msgspec.Meta(min_length=10)]
    credentials_file: Path | None = None
    """`user:password`, in a file readable by its owner only."""


def _check_pattern(key: str, pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"{key}: {pattern!r} is no regular expression: {error}") from None
