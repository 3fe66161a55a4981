"""scrapy-redis as shipped: its scheduler, priority queue, dupe filter and serializer, driven as Scrapy's engine does.

The engine calls `enqueue_request` for each request that a spider yields, and `next_request` whenever there is room in
the downloader. There is nothing to call when a request is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.utils.test import get_crawler
from scrapy_redis.scheduler import Scheduler

from benchmarks.frontier import web
from benchmarks.frontier.fleet import Job, Step

if TYPE_CHECKING:
    from scrapy.http import Response

NAME = "peer"
QUEUE, SEEN = f"{NAME}:requests", f"{NAME}:dupefilter"
"""scrapy-redis's default names of its two keys."""
FILL_STEP, DRAIN_STEP, CRAWL_STEP = "enqueue", "next", "crawl"
AT_ONCE = 16
"""Scrapy's default CONCURRENT_REQUESTS: so many requests are out of the queue at a time."""


class PeerSpider(Spider):
    """Gives its requests a callback, as every spider does."""

    name = NAME

    def parse(self, response: Response, **kwargs: Any) -> None:
        """Never called. Any: Scrapy's signature."""


class Peer:
    """One process's scheduler."""

    def __init__(self, redis_url: str) -> None:
        settings = {
            "REDIS_URL": redis_url,
            "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
            "SCHEDULER_PERSIST": True,
            "LOG_ENABLED": False,
        }
        crawler = get_crawler(PeerSpider, settings)
        self._spider = PeerSpider.from_crawler(crawler)
        # Any: scrapy-redis ships no types.
        self._scheduler: Any = Scheduler.from_crawler(crawler)
        self._scheduler.open(self._spider)

    def request(self, number: int) -> Request:
        """A request as it reaches the scheduler: with what Scrapy's own middlewares add for referrer and depth."""
        way = web.way(number)
        return Request(
            web.address(number),
            callback=self._spider.parse,
            headers={"Referer": way[-1]},
            meta={"depth": len(way)},
            priority=0 if web.is_page(number) else 10,
        )

    def enqueue(self, request: Request) -> bool:
        """Whether it was new."""
        accepted: bool = self._scheduler.enqueue_request(request)
        return accepted

    def next(self) -> Request | None:
        """The next request; None when there is none now."""
        request: Request | None = self._scheduler.next_request()
        return request

    def pending(self) -> int:
        """How many wait."""
        return len(self._scheduler)

    def close(self) -> None:
        """Let go of connections."""
        self._scheduler.server.close()


def fill_and_drain(job: Job) -> Mapping[str, Step]:
    """Enqueue requests that were made before, then take them all out again. No step ends anything: there is none."""
    scheduler = Peer(job.redis_url)
    requests = [scheduler.request(number) for number in web.Web(job.size).share(job.worker, job.workers)]
    return {FILL_STEP: partial(_enqueue, scheduler, requests), DRAIN_STEP: partial(_drain, scheduler)}


def crawl(job: Job) -> Mapping[str, Step]:
    """From addresses in a page to requests for the downloader, until the web is crawled."""
    scheduler = Peer(job.redis_url)
    if job.worker == 0:
        for number in web.Web(job.size).seeds:
            scheduler.enqueue(scheduler.request(number))
    return {CRAWL_STEP: partial(_crawl, scheduler, web.Web(job.size))}


def _enqueue(scheduler: Peer, requests: Sequence[Request]) -> int:
    return sum(scheduler.enqueue(request) for request in requests)


def _drain(scheduler: Peer) -> int:
    count = 0
    while scheduler.next() is not None:
        count += 1
    return count


def _crawl(scheduler: Peer, crawled: web.Web) -> int:
    count = 0
    while (request := scheduler.next()) is not None:
        count += 1
        for link in crawled.links(web.number(request.url)):
            scheduler.enqueue(scheduler.request(link))
    return count


@contextmanager
def peer(redis_url: str) -> Iterator[Peer]:
    """A scheduler, closed in the end."""
    made = Peer(redis_url)
    try:
        yield made
    finally:
        made.close()
