"""Which page a request names as the one it comes from: by the report, else by the profile's rule."""

from urllib.parse import urlsplit, urlunsplit

from w3lib.url import safe_url_string

from crawler.contract.frontier import Target
from crawler.contract.reports import Report
from crawler.contract.sites import SiteProfile
from crawler.sites import SiteDirectory


def of_one_site(url: str, host: str, profile: SiteProfile, directory: SiteDirectory) -> bool:
    """Whether an address is on the same site as a host of this profile.

    The hosts of the profile for reported addresses (`"*"`) have nothing to do with each other: each is its own site.
    """
    other = (urlsplit(url).hostname or "").rstrip(".")
    if other == host:
        return True
    return "*" not in profile.hosts and directory.site_of(other) is profile


def referrer_of(
    target: Target, profile: SiteProfile, directory: SiteDirectory, report: Report | None = None
) -> str | None:
    """The address to name, or None. Without a fragment or a password in it (RFC 9110, 10.1.3).

    What a report states is for the reported address itself, redirect hops included: there it wins over the profile.
    What was found from there has a page of its own to come from, as in a browser. That page is never named over http
    when it was had over https.
    """
    if report is not None and report.referrer is not None and target.depth == 0:
        return told(report.referrer)
    if profile.referrer == "fixed":
        return told(profile.referrer_url or "")
    if profile.referrer == "none" or not target.chain:
        return None
    page = target.chain[-1]
    if urlsplit(page).scheme == "https" and urlsplit(target.url).scheme == "http":
        return None
    same = of_one_site(page, target.host, profile, directory)
    if same or (profile.referrer == "linking_page" and directory.site_of(urlsplit(page).hostname or "") is not None):
        return told(page)
    return None


def told(url: str) -> str | None:
    """An address as a Referer header may hold it; None for what is none."""
    try:
        parts = urlsplit(safe_url_string(url.strip()))
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))
