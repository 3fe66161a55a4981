"""What one plain run needs to know, handed to its processes as a JSON file."""

from pathlib import Path

import msgspec

from crawler.contract.sites import SiteProfile
from crawler.contract.struct import Record


class Job(Record, frozen=True, kw_only=True):
    """One run of the plain chain: its servers, its names on them, and what to crawl for what."""

    redis_url: str
    kafka: str
    topic: str
    elasticsearch: str
    user: str
    password: str
    index: str
    known: str
    """The CSV file of the known set: `algorithm,hash,category,source,list_id`."""
    sites: tuple[SiteProfile, ...]


def read_job(path: str) -> Job:
    """Read the file that a process was given."""
    return msgspec.json.decode(Path(path).read_bytes(), type=Job)
