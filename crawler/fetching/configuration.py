"""`[crawl]`: how this crawler fetches."""

from typing import Annotated

import msgspec

from crawler.contract.config import Table

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class CrawlTable(Table, frozen=True, kw_only=True):
    """Limits and manners of one crawler process. A site's own pace stands in its profile."""

    user_agent: Annotated[str, msgspec.Meta(min_length=5)] = "Zoeklicht/0.1 (hotline crawler for known material)"
    """Sent with every request, and matched against robots.txt by its first word. Name a way to reach you in it."""
    concurrent_requests: Positive = 32
    """Requests under way at once, over all hosts. One host sees one at a time whatever stands here."""
    prefetch: Positive = 128
    """Leases this process holds at once, begun or waiting."""
    leases_per_host: Positive = 16
    """Leases of one host it holds at once; a host belongs to one crawler at a time."""
    timeout_seconds: Seconds = 60
    max_response_bytes: Positive = 64 * 1024 * 1024
    """Of a page, picture or archive, which are held in memory."""
    max_video_bytes: Positive = 2 * 1024**3
    """Of a video, which is digested while it streams in, and never held."""
    max_video_seconds: Seconds = 600
    """Longest time for a video that comes on; `timeout_seconds` counts while it stalls. Keep it below
    `max_lease_age_seconds`."""
    max_redirect_hops: Annotated[int, msgspec.Meta(ge=0)] = 10
    max_attempts: Positive = 5
    """Tries of one address before it counts as failed."""
    retry_seconds: Seconds = 30
    """Wait before the second try; doubles with each one after."""
    robots_lifetime_seconds: Seconds = 6 * 3600
    """How long a robots.txt is believed (RFC 9309 allows a day)."""
    remember_days: Annotated[float, msgspec.Meta(ge=0)] = 90
    """So long is remembered what an address was, so that it need not be fetched again while it has not changed (0: not
    at all). When it is over, it is fetched in full, whatever its server says."""
