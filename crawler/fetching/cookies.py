"""A site's cookies, by the rules of http.cookiejar: which answer may set which, and which request gets which.

A jar belongs to one site and serves requests to that site's own hosts only; so a cookie set for a whole public suffix
reaches nobody else, and no list of suffixes is needed.
"""

from collections.abc import Iterable, Mapping
from http.cookiejar import Cookie
from urllib.parse import parse_qsl, urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.http.cookies import CookieJar

from crawler.contract.struct import Record


class KeptCookie(Record, frozen=True, kw_only=True):
    """A cookie as it is kept between processes. Its repr hides it."""

    name: str
    value: str | None
    domain: str
    domain_specified: bool
    path: str
    path_specified: bool
    secure: bool
    expires: int | None
    """Epoch seconds; None: until the session ends."""

    def __repr__(self) -> str:
        return "KeptCookie(hidden)"


class SiteJar:
    """The cookies of one site. Not shared between threads."""

    def __init__(self, fixed: Mapping[str, str], kept: Iterable[KeptCookie] = ()) -> None:
        """`fixed`: cookies that every request to the site carries, unless the site has set one of that name itself."""
        self._fixed = fixed
        self._jar = CookieJar()
        for each in kept:
            self._jar.set_cookie(_cookie(each))

    def learn(self, request: Request, response: Response) -> bool:
        """Keep what an answer sets; returns whether that changed anything."""
        if not response.headers.getlist("Set-Cookie"):
            return False
        before = self.kept()
        self._jar.extract_cookies(response, request)
        return self.kept() != before

    def header(self, url: str) -> str | None:
        """The Cookie header of a request for this address; None for none."""
        asked = Request(url)
        self._jar.add_cookie_header(asked)
        found = (asked.headers.get("Cookie") or b"").decode("utf-8", "replace")
        return joined(found, "; ".join(f"{name}={value}" for name, value in self._fixed.items()))

    def kept(self) -> tuple[KeptCookie, ...]:
        """What the site has set, expired ones apart, in an order of its own."""
        self._jar.jar.clear_expired_cookies()
        kept = [
            KeptCookie(
                name=cookie.name,
                value=cookie.value,
                domain=cookie.domain,
                domain_specified=cookie.domain_specified,
                path=cookie.path,
                path_specified=cookie.path_specified,
                secure=cookie.secure,
                expires=cookie.expires,
            )
            for cookie in self._jar
        ]
        return tuple(sorted(kept, key=lambda each: (each.domain, each.path, each.name)))


def joined(first: str | None, second: str | None) -> str | None:
    """Two Cookie headers as one; where both name a cookie, the first one's counts."""
    pairs: dict[str, str] = {}
    for pair in (*(second or "").split(";"), *(first or "").split(";")):
        name = pair.partition("=")[0].strip()
        if name:
            pairs.pop(name, None)
            pairs[name] = pair.strip()
    return "; ".join(pairs.values()) or None


def same_page(url: str, other: str) -> bool:
    """Whether an address is of the `other` page: the same host and path, and at least its query's parameters."""
    one, two = urlsplit(url), urlsplit(other)
    if (one.hostname, one.path or "/") != (two.hostname, two.path or "/"):
        return False
    return set(parse_qsl(two.query)) <= set(parse_qsl(one.query))


def _cookie(kept: KeptCookie) -> Cookie:
    return Cookie(
        version=0,
        name=kept.name,
        value=kept.value,
        port=None,
        port_specified=False,
        domain=kept.domain,
        domain_specified=kept.domain_specified,
        domain_initial_dot=kept.domain.startswith("."),
        path=kept.path,
        path_specified=kept.path_specified,
        secure=kept.secure,
        expires=kept.expires,
        discard=kept.expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )
