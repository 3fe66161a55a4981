"""A request as it arrived at the practice web."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple


class Asked(NamedTuple):
    """One request."""

    address: str
    """The address of ours that was connected to."""
    name: str
    """The host as the client called it, without port."""
    target: str
    """Path and query."""
    method: str
    headers: Mapping[str, str]
    """By name in lower case."""
    form: Mapping[str, str] = {}
    """The fields of a form that was posted."""

    def cookie(self, name: str) -> str | None:
        """The value of a cookie that was sent."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(self.headers.get("cookie", ""))
        except CookieError:
            return None
        return jar[name].value if name in jar else None

    def __repr__(self) -> str:
        return f"Asked({self.method}, rest hidden)"
