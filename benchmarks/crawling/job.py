"""What one peer's crawler process needs to know, handed to it as a JSON file."""

from pathlib import Path

import msgspec

from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record


class Job(Record, frozen=True, kw_only=True):
    """One process of a peer."""

    sites: tuple[SiteProfile, ...]
    """What it may fetch."""
    per_host: int
    """Requests to one host at the same time (`CONCURRENT_REQUESTS_PER_DOMAIN`)."""
    gap: float
    """Seconds from one request to a host to the next (`DOWNLOAD_DELAY`), as far as this process goes."""
    records: str | None = None
    """The file to which it appends a line a picture; None: scrapy-redis's own list."""
    state: str | None = None
    """Plain Scrapy's `JOBDIR`."""
    redis_url: str | None = None
    start_batch: int | None = None
    """How many start addresses scrapy-redis takes from its list at once."""


def write_job(path: Path, job: Job) -> str:
    """Write the file that a process is given, and return its name."""
    path.write_bytes(msgspec.json.encode(job))
    return str(path)


def read_job(path: str) -> Job:
    """Read the file that a process was given."""
    return msgspec.json.decode(Path(path).read_bytes(), type=Job)
