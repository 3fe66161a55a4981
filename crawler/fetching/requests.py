"""From a lease to the request that Scrapy downloads. What lets it in (`access.py`) is added when its turn has come."""

from collections.abc import Callable
from typing import Any

from scrapy import Request

from crawler.contract.frontier import Lease
from crawler.contract.sites import SiteProfile

_ACCEPT = {
    "page": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.5",
    "picture": "image/avif,image/webp,image/*,*/*;q=0.5",
}
_LANGUAGE = "nl,en;q=0.8"


def headers_of(profile: SiteProfile) -> dict[str, str]:
    """What every request to the site says: the profile's user agent and headers."""
    headers = {"Accept-Language": _LANGUAGE}
    if profile.user_agent is not None:
        headers["User-Agent"] = profile.user_agent
    # Last, and by lower-case name: the profile's own spelling of a header must not send it twice.
    named = {name.lower() for name in profile.headers}
    return {name: value for name, value in headers.items() if name.lower() not in named} | dict(profile.headers)


def request_of(lease: Lease, profile: SiteProfile, *, errback: Callable[[Any], Any]) -> Request:
    """A GET with nothing in it that the site need not know. Any: Scrapy's own callback types are as loose."""
    headers = headers_of(profile)
    if "accept" not in {name.lower() for name in headers}:
        headers["Accept"] = _ACCEPT[lease.target.kind]
    return Request(
        lease.target.url,
        headers=headers,
        errback=errback,
        dont_filter=True,
        meta={"lease": lease, "profile": profile, "download_slot": lease.target.host},
    )
