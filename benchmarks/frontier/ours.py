"""Our frontier, used in the lots in which a crawler uses it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from scrapy import Request
from scrapy.utils.request import RequestFingerprinter

from benchmarks.frontier import web
from benchmarks.frontier.fleet import Job, Step
from crawler.contract.frontier import (
    PRIORITY_PAGE,
    PRIORITY_PICTURE,
    Completion,
    Frontier,
    Lease,
    Outcome,
    Target,
)
from crawler.fetching.configuration import CrawlTable
from crawler.frontier import FrontierTable, open_frontier
from crawler.frontier.fingerprints import fingerprint

PREFIX = "ours"
SITES = (web.SITE,)
_CRAWL = CrawlTable()
HELD, OF_ONE_HOST = _CRAWL.prefetch, _CRAWL.leases_per_host
"""What a crawler asks for with its default settings."""
ENDED = _CRAWL.concurrent_requests
"""Leases that are ended together, and then replaced."""
ADDED = 100
"""Addresses added by one call: the links of a page or two."""
FILL_STEP, DRAIN_STEP, CRAWL_STEP = "add", "lease_complete", "crawl"

_FETCHED = Outcome(kind="fetched")


@contextmanager
def ours(redis_url: str, *, lease_seconds: float = 60.0) -> Iterator[Frontier]:
    """A frontier of one process, closed in the end."""
    frontier = opened(redis_url, lease_seconds=lease_seconds)
    try:
        yield frontier
    finally:
        frontier.close()


def opened(redis_url: str, *, lease_seconds: float = 60.0) -> Frontier:
    """The same, open until its process ends."""
    table = FrontierTable(kind="redis", redis_url=redis_url, key_prefix=PREFIX, lease_seconds=lease_seconds)
    return open_frontier(table, Path())


def completion(lease: Lease, children: tuple[Target, ...] = ()) -> Completion:
    """That the fetch went well."""
    return Completion(lease_id=lease.id, outcome=_FETCHED, children=children)


class Targets:
    """Makes targets of numbers: what the crawler's judge does with a link, without its judging."""

    def __init__(self) -> None:
        self._fingerprinter = RequestFingerprinter()

    def of(self, number: int) -> Target:
        """As the judge hands it to the frontier. Hosts have no gap, or else it would be what is measured."""
        url, page = web.address(number), web.is_page(number)
        return Target(
            fingerprint=fingerprint(Request(url), self._fingerprinter),
            url=url,
            host=web.host(number),
            site=web.SITE,
            kind="page" if page else "picture",
            priority=PRIORITY_PAGE if page else PRIORITY_PICTURE,
            gap=0,
            depth=2,
            chain=tuple(web.way(number)),
        )


def fill_and_drain(job: Job) -> Mapping[str, Step]:
    """Add targets that were made before, then lease and end them all: the port by itself."""
    frontier = opened(job.redis_url)
    make = Targets()
    targets = [make.of(number) for number in web.Web(job.size).share(job.worker, job.workers)]
    return {FILL_STEP: partial(_add, frontier, targets), DRAIN_STEP: partial(_drain, frontier, f"w{job.worker}")}


def crawl(job: Job) -> Mapping[str, Step]:
    """From addresses in a page to requests for the downloader, fingerprints included, until the web is crawled."""
    frontier = opened(job.redis_url)
    if job.worker == 0:
        make = Targets()
        frontier.add([make.of(number) for number in web.Web(job.size).seeds])
    return {CRAWL_STEP: partial(_crawl, frontier, f"w{job.worker}", web.Web(job.size))}


def _add(frontier: Frontier, targets: Sequence[Target]) -> int:
    return sum(frontier.add(targets[at : at + ADDED]) for at in range(0, len(targets), ADDED))


def _drain(frontier: Frontier, worker: str) -> int:
    ended = 0
    for leases in _in_lots(frontier, worker):
        ended += frontier.complete([completion(lease) for lease in leases])
    return ended


def _crawl(frontier: Frontier, worker: str, crawled: web.Web) -> int:
    make = Targets()
    ended = 0
    for leases in _in_lots(frontier, worker):
        completions = []
        for lease in leases:
            number = web.number(_request(lease).url)
            completions.append(completion(lease, tuple(make.of(link) for link in crawled.links(number))))
        ended += frontier.complete(completions)
    return ended


def _in_lots(frontier: Frontier, worker: str) -> Iterator[Sequence[Lease]]:
    """Hold up to `HELD` leases, end the oldest `ENDED` of them and ask for as many more, until nothing is left."""
    held: list[Lease] = []
    while True:
        leases = frontier.lease(worker, limit=HELD - len(held), per_host=OF_ONE_HOST, sites=SITES)
        held += leases
        if held:
            yield held[:ENDED]
            del held[:ENDED]
        elif not frontier.has_work():
            return


def _request(lease: Lease) -> Request:
    """As the crawler makes it for the downloader."""
    target = lease.target
    return Request(
        target.url,
        headers={"Referer": target.chain[-1]},
        dont_filter=True,
        meta={"lease": lease, "download_slot": target.host},
    )
