"""Judges the status of every answer. Only a 2xx with a body to read goes on, and a 304 that was asked for."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from crawler.contract.reasons import Reason
from crawler.fetching.verdicts import Moved, Refused, TryLater

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_RETRY_AFTER = 24 * 3600.0
_NOT_MODIFIED = 304
_SERVER_ERROR = 500
_CONDITIONS = ("If-None-Match", "If-Modified-Since")


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), a day at most; None when it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), _MAX_RETRY_AFTER)


def throttled(response: Response) -> TryLater | None:
    """The verdict on an answer that asks to be left alone, for as long as it asks; None for any other."""
    if response.status not in {429, 503}:
        return None
    header = response.headers.get("Retry-After")
    wait = retry_after(header.decode("latin-1") if header else None, datetime.now(UTC).timestamp())
    return TryLater(Reason.THROTTLED, wait=wait, whole_host=True)


class StatusMiddleware:
    """Downloader middleware. Robots.txt fetches judge their own status and carry no lease: left alone."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Hand a 2xx on; raise the verdict of anything else."""
        if "lease" not in request.meta:
            return response
        status = response.status
        if 200 <= status < 300:  # noqa: PLR2004  # HTTP's own classes
            return response
        if status == _NOT_MODIFIED and any(name in request.headers for name in _CONDITIONS):
            return response
        if status in REDIRECTS:
            location = response.headers.get("Location")
            if not location:
                raise Refused(Reason.UNEXPECTED_STATUS)
            raise Moved(_led_to(request.url, location.decode("latin-1")))
        raise throttled(response) or _of_error(status)


def _led_to(url: str, location: str) -> str:
    """Where a redirect leads; what is no address stays as it was written, to be counted as malformed."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _of_error(status: int) -> Refused | TryLater:
    if status in {404, 410}:
        return Refused(Reason.NOT_FOUND)
    if status == 401:  # noqa: PLR2004
        return Refused(Reason.NEEDS_LOGIN)  # what can be shown for it has been shown: see access.py
    if status in {403, 407, 451}:
        return Refused(Reason.FORBIDDEN)
    return TryLater(Reason.SERVER_ERROR) if status >= _SERVER_ERROR else Refused(Reason.UNEXPECTED_STATUS)
