"""How a site is entered where a plain GET does not do: referrer, cookies, age gates, logins. Parts of its profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from crawler.contract.struct import Record

Seconds = Annotated[float, msgspec.Meta(gt=0)]


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


class BasicAuth(Record, frozen=True, kw_only=True):
    """HTTP basic authentication (RFC 7617). Needs the means "account"."""

    user_file: Path
    password_file: Path
    realm: str | None = None
    """Only where the server names this realm; None: wherever it asks."""


class Proxy(Record, frozen=True, kw_only=True):
    """An HTTP proxy to reach the site through. It is only ever asked for addresses that were judged here."""

    address: Annotated[str, msgspec.Meta(pattern=r"^http://[^/@\s]+:\d+$")]
    """`http://host:port`."""
    reason: Annotated[str, msgspec.Meta(min_length=10)]
    credentials_file: Path | None = None
    """`user:password`, in a file readable by its owner only."""
