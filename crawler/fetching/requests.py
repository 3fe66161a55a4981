"""From a lease to the request that Scrapy downloads."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request

from crawler.contract.frontier import Lease
from crawler.contract.sites import SiteProfile

_ACCEPT = {
    "page": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.5",
    "picture": "image/avif,image/webp,image/*,*/*;q=0.5",
}


def referrer_of(lease: Lease, profile: SiteProfile) -> str | None:
    """The page that linked here, where it is on the same host and the profile lets it be told; else None."""
    target = lease.target
    if profile.referrer == "none" or not target.chain:
        return None
    page = target.chain[-1]
    return page if urlsplit(page).hostname == target.host else None


def request_of(lease: Lease, profile: SiteProfile, *, errback: Callable[[Any], Any]) -> Request:
    """A GET with nothing in it that the site need not know. Any: Scrapy's own callback types are as loose."""
    headers = {"Accept": _ACCEPT[lease.target.kind], "Accept-Language": "nl,en;q=0.8"}
    referrer = referrer_of(lease, profile)
    if referrer is not None:
        headers["Referer"] = referrer
    return Request(
        lease.target.url,
        headers=headers,
        errback=errback,
        dont_filter=True,
        meta={"lease": lease, "profile": profile, "download_slot": lease.target.host},
    )
