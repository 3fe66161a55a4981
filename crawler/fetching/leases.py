"""Ends each lease exactly once, after everything that came of it is safe.

A spider middleware next to the engine: it withholds the links a page gave, counts the items, waits until the last
one has left the pipelines, and completes the lease with the links in one step. What never reaches a spider ends
through the errback.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

from scrapy import signals
from scrapy.http import Response

from crawler.contract.frontier import Completion, Lease, Outcome, Target, TargetKind
from crawler.contract.pages import Link
from crawler.contract.reasons import DECIDED_HERE, Reason
from crawler.fetching.picture import HashedPicture
from crawler.fetching.resolver import refusal_of
from crawler.fetching.scheduler import LeaseScheduler, scheduler_of
from crawler.fetching.verdicts import Moved, TryLater, Verdict, verdict_of
from crawler.fetching.wiring import wiring_of
from crawler.sites import Refusal

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)


class _Work:
    """What has come of one lease so far."""

    def __init__(self) -> None:
        self.found: TargetKind = "page"
        self.items = 0
        self.settled = asyncio.Event()
        self.settled.set()
        self.reason: Reason | None = None
        self.failed = False
        self.children: dict[int, Target] = {}
        self.links: Counter[Reason] = Counter()

    def item_begun(self) -> None:
        self.items += 1
        self.settled.clear()

    def item_ended(self) -> None:
        self.items -= 1
        if self.items == 0:
            self.settled.set()


class LeaseMiddleware:
    """The keeper of all leases begun in this process."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._wiring = wiring_of(crawler)
        self._work: dict[str, _Work] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LeaseMiddleware:
        """Called by Scrapy."""
        keeper = cls(crawler)
        crawler.signals.connect(keeper.opened, signals.spider_opened)
        crawler.signals.connect(keeper.item_scraped, signals.item_scraped)
        crawler.signals.connect(keeper.item_failed, signals.item_dropped)
        crawler.signals.connect(keeper.item_failed, signals.item_error)
        return keeper

    def opened(self, spider: Spider) -> None:  # noqa: ARG002  # Scrapy's signature
        """Make the scheduler's requests end here when they fail."""
        self._scheduler.errback = self.failed

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Items pass, links are withheld. Any: items are whatever the pipelines take."""
        lease: Lease = response.meta["lease"]
        work = self._work[lease.id] = _Work()
        try:
            async for found in result:
                if isinstance(found, Link):
                    self._judge(found, lease, work)
                elif found is not None:
                    work.item_begun()
                    yield found
        except Exception as error:  # noqa: BLE001  # whatever a parser does, its lease must end
            logger.error(  # noqa: TRY400  # a traceback would quote the page
                "The parser of site %r failed (%s).", lease.target.site, type(error).__name__
            )
            work.reason = Reason.PARSER_FAILED
        await work.settled.wait()
        del self._work[lease.id]
        await self._end(lease, work)

    async def failed(self, failure: Failure) -> None:
        """The errback of every request."""
        request: Any = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        lease: Lease = request.meta["lease"]
        assert failure.value is not None
        verdict = verdict_of(failure.value, refusal_of(lease.target.host))
        if verdict.reason is Reason.PARSER_FAILED:
            logger.error("Fetching for site %r failed (%s).", lease.target.site, type(failure.value).__name__)
        if isinstance(verdict, TryLater):
            await self._later(lease, verdict)
        elif isinstance(verdict, Moved):
            hop = self._wiring.judge.redirect(
                verdict.location, lease.target, max_hops=self._wiring.crawl.max_redirect_hops
            )
            if isinstance(hop, Refusal):
                await self._complete(lease, Outcome(kind="skipped", reason=hop.reason))
            else:
                await self._complete(lease, Outcome(kind="fetched", reason=Reason.REDIRECTED), (hop,))
        else:
            await self._complete(lease, _outcome_of(verdict))

    def item_scraped(self, item: object, response: Response) -> None:
        """One item is safe."""
        work = self._work[response.meta["lease"].id]
        if isinstance(item, HashedPicture):
            work.found = "picture"
            work.reason = work.reason or item.reason
        work.item_ended()

    def item_failed(self, response: Response) -> None:
        """One item is not safe: the lease is given back."""
        work = self._work[response.meta["lease"].id]
        work.failed = True
        work.item_ended()

    @property
    def _scheduler(self) -> LeaseScheduler:
        return scheduler_of(self._crawler)

    def _judge(self, link: Link, lease: Lease, work: _Work) -> None:
        judged = self._wiring.judge.link(link, lease.target)
        if isinstance(judged, Refusal):
            work.links[judged.reason] += 1
        else:
            known = work.children.get(judged.fingerprint)
            if known is None or judged.priority < known.priority:
                work.children[judged.fingerprint] = judged

    async def _end(self, lease: Lease, work: _Work) -> None:
        if work.failed:
            await self._later(lease, TryLater(Reason.PUBLISH_FAILED))
            return
        kind: Literal["fetched", "skipped", "failed"] = "fetched"
        if work.reason is Reason.PARSER_FAILED:
            kind = "failed"
        elif work.reason in DECIDED_HERE:
            kind = "skipped"
        outcome = Outcome(kind=kind, reason=work.reason, found=work.found, links=dict(work.links))
        await self._complete(lease, outcome, tuple(work.children.values()))

    async def _later(self, lease: Lease, verdict: TryLater) -> None:
        crawl = self._wiring.crawl
        attempt = lease.target.attempt + 1
        wait = verdict.wait if verdict.wait is not None else crawl.retry_seconds * 2 ** (attempt - 1)
        until = time.time() + wait
        if verdict.whole_host:
            self._scheduler.defer(lease.target.host, until)
            await self._wiring.frontier.defer_host(lease.target.host, until)
        if attempt >= crawl.max_attempts:
            await self._complete(lease, _outcome_of(verdict))
            return
        self._scheduler.ending(lease)
        await self._wiring.frontier.release(lease, not_before=until, attempt=attempt)
        self._scheduler.ended(lease)

    async def _complete(self, lease: Lease, outcome: Outcome, children: tuple[Target, ...] = ()) -> None:
        self._scheduler.ending(lease)
        await self._wiring.frontier.complete(Completion(lease_id=lease.id, outcome=outcome, children=children))
        self._scheduler.ended(lease)


def _outcome_of(verdict: Verdict) -> Outcome:
    return Outcome(kind="skipped" if verdict.reason in DECIDED_HERE else "failed", reason=verdict.reason)
