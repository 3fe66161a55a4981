"""Judges the status of every answer. Only a 2xx with a body to read goes on to the spider."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from crawler.contract.reasons import Reason
from crawler.fetching.verdicts import Moved, Refused, TryLater

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_RETRY_AFTER = 24 * 3600.0


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), a day at most; None when it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), _MAX_RETRY_AFTER)


class StatusMiddleware:
    """Downloader middleware. Robots.txt fetches judge their own status and carry no lease: left alone."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Hand a 2xx on; raise the verdict of anything else."""
        if "lease" not in request.meta:
            return response
        status = response.status
        if 200 <= status < 300:  # noqa: PLR2004  # HTTP's own classes
            return response
        if status in _REDIRECTS:
            location = response.headers.get("Location")
            if not location:
                raise Refused(Reason.UNEXPECTED_STATUS)
            raise Moved(urljoin(request.url, location.decode("latin-1")))
        if status in {404, 410}:
            raise Refused(Reason.NOT_FOUND)
        if status in {401, 403, 407, 451}:
            raise Refused(Reason.FORBIDDEN)
        if status in {429, 503}:
            header = response.headers.get("Retry-After")
            now = datetime.now(UTC).timestamp()
            wait = retry_after(header.decode("latin-1") if header else None, now)
            raise TryLater(Reason.THROTTLED, wait=wait, whole_host=True)
        if status >= 500:  # noqa: PLR2004
            raise TryLater(Reason.SERVER_ERROR)
        raise Refused(Reason.UNEXPECTED_STATUS)
