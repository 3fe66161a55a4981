"""Ends each lease exactly once, after everything that came of it is safe.

A spider middleware next to the engine: it withholds the links a page gave, counts the items, waits until the last
one has left the pipelines, and completes the lease with the links in one step. What never reaches a spider ends
through the errback.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from scrapy import signals
from scrapy.http import Response, TextResponse

from crawler.contract.frontier import Completion, Lease, Outcome, Target
from crawler.contract.pages import Link
from crawler.contract.reasons import Reason
from crawler.fetching.browser import REFUSED_TO_SCRIPTS
from crawler.fetching.picture import HashedItem
from crawler.fetching.recalling import memory_of
from crawler.fetching.remembering import date_of, remembered_of
from crawler.fetching.resolver import installed_resolver, refusal_of
from crawler.fetching.revisiting import next_visit
from crawler.fetching.scheduler import LeaseScheduler, scheduler_of
from crawler.fetching.verdicts import Moved, TryLater, Verdict, Withdrawn, verdict_of
from crawler.fetching.wiring import wiring_of
from crawler.fetching.work import Work, outcome_of
from crawler.sites import Refusal

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

_WITHDRAWN = 1.0
"""Seconds before what was given back as it was is handed out again: what kept it may take a moment."""
_ELSEWHERE = frozenset({Reason.COUNTRY_OUTSIDE, Reason.COUNTRY_UNDETERMINED, Reason.BEHIND_CDN})
"""Not ours to fetch, but somebody's to be told of: the listing says where it is."""


class LeaseMiddleware:
    """The keeper of all leases begun in this process."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._wiring = wiring_of(crawler)
        self._work: dict[str, Work] = {}

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
        work = self._work[lease.id] = Work()
        try:
            async for found in result:
                if isinstance(found, Link):
                    work.found_links.append(found)
                elif isinstance(found, Reason):
                    work.reason = found
                elif found is not None:
                    work.item_begun()
                    yield found
        except Exception as error:  # noqa: BLE001  # whatever a parser does, its lease must end
            logger.error(  # noqa: TRY400  # a traceback would quote the page
                "The parser of site %r failed (%s).", lease.target.site, type(error).__name__
            )
            work.reason = Reason.PARSER_FAILED
        self._judge(response, lease.target, work)
        work.links.update(response.meta.get(REFUSED_TO_SCRIPTS, {}))
        await work.settled.wait()
        del self._work[lease.id]
        if work.failed:
            await self._later(lease, TryLater(Reason.PUBLISH_FAILED))
        else:
            await self._complete(lease, work.outcome(), work, response)

    async def failed(self, failure: Failure) -> None:
        """The errback of every request."""
        request: Any = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        lease: Lease = request.meta["lease"]
        assert failure.value is not None
        verdict = verdict_of(failure.value, refusal_of(lease.target.host))
        if verdict.reason is Reason.PARSER_FAILED:
            logger.error("Fetching for site %r failed (%s).", lease.target.site, type(failure.value).__name__)
        if isinstance(verdict, Withdrawn):
            await self._give_back(lease)
        elif isinstance(verdict, TryLater):
            await self._later(lease, verdict)
        elif isinstance(verdict, Moved):
            await self._moved(lease, verdict)
        else:
            await self._complete(lease, _outcome_of(verdict), Work())

    def item_scraped(self, item: object, response: Response) -> None:
        """One item is safe."""
        work = self._work[response.meta["lease"].id]
        if isinstance(item, HashedItem):
            work.take_in(item)
        work.item_ended()

    def item_failed(self, response: Response) -> None:
        """One item is not safe: the lease is given back."""
        work = self._work[response.meta["lease"].id]
        work.failed = True
        work.item_ended()

    @property
    def _scheduler(self) -> LeaseScheduler:
        return scheduler_of(self._crawler)

    def _judge(self, response: Response, parent: Target, work: Work) -> None:
        alike = self._is_alike(response, parent, work)
        for found in work.found_links:
            for link, judged in self._wiring.judge.links(found, parent):
                if isinstance(judged, Refusal):
                    self._refuse(link.url, parent, work, judged)
                elif alike and judged.kind == "page":
                    self._refuse(link.url, parent, work, Refusal(reason=Reason.NEAR_IDENTICAL))
                elif judged.report_id is None and self._scheduler.gates.over_budget(judged.site, judged.kind):
                    self._refuse(link.url, parent, work, Refusal(reason=Reason.OVER_BUDGET))
                else:
                    work.follow(judged)

    def _is_alike(self, response: Response, target: Target, work: Work) -> bool:
        """Whether the page is one more of many that say the same."""
        if not work.found_links or not isinstance(response, TextResponse):
            return False
        pictures = {link.url for link in work.found_links if link.kind == "picture"}
        return self._wiring.look_alikes.seen(target, response.selector, pictures)

    def _refuse(self, url: str, parent: Target, work: Work, refusal: Refusal) -> None:
        work.refuse(refusal.reason, self._wiring.listing.link(url, parent, refusal.reason, refusal.detail))

    async def _moved(self, lease: Lease, verdict: Moved) -> None:
        target, work = lease.target, Work()
        hop = self._wiring.judge.redirect(verdict.location, target, max_hops=self._wiring.crawl.max_redirect_hops)
        if isinstance(hop, Refusal):
            entry = self._wiring.listing.link(verdict.location, target, hop.reason, hop.detail)
            work.passed += [entry] if entry is not None else []
            await self._complete(lease, outcome_of(hop.reason, fetched=False), work)
        else:
            work.follow(hop)
            await self._complete(lease, Outcome(kind="fetched", reason=Reason.REDIRECTED), work)

    async def _later(self, lease: Lease, verdict: TryLater) -> None:
        crawl = self._wiring.crawl
        attempt = lease.target.attempt + 1
        wait = verdict.wait if verdict.wait is not None else crawl.retry_seconds * 2 ** (attempt - 1)
        until = time.time() + wait
        if verdict.whole_host:
            self._scheduler.defer(lease.target.host, until)
            await self._wiring.frontier.defer_host(lease.target.host, until)
        if attempt >= crawl.max_attempts:
            await self._complete(lease, _outcome_of(verdict), Work())
        else:
            await self._release(lease, not_before=until, attempt=attempt)

    async def _give_back(self, lease: Lease) -> None:
        await self._release(lease, not_before=time.time() + _WITHDRAWN, attempt=lease.target.attempt)

    async def _release(self, lease: Lease, *, not_before: float, attempt: int) -> None:
        self._scheduler.ending(lease)
        await self._keep_its_gap(lease.target, time.time())
        await self._wiring.frontier.release(lease, not_before=not_before, attempt=attempt)
        self._scheduler.ended(lease)

    async def _complete(self, lease: Lease, outcome: Outcome, work: Work, response: Response | None = None) -> None:
        target, now = lease.target, time.time()
        again = next_visit(
            target,
            self._wiring.directory.profiles[target.site].revisits,
            outcome,
            now=now,
            last_modified=None if response is None else _last_modified(response),
        )
        if again is Reason.GONE:
            outcome, again = replace(outcome, reason=Reason.GONE), None
        if outcome.kind != "fetched" and outcome.reason is not None:
            detail = installed_resolver().whereabouts(target.host) if outcome.reason in _ELSEWHERE else None
            kind = outcome.found or target.kind
            entry = self._wiring.listing.target(target, outcome.reason, kind=kind, detail=detail)
            work.passed += [entry] if entry is not None else []
        completion = Completion(
            lease_id=lease.id,
            outcome=outcome,
            children=tuple(map(self._told_apart, work.children.values())),
            passed=tuple(work.passed),
            again=again,
        )
        self._scheduler.ending(lease)
        await self._keep_its_gap(target, now)
        await self._wiring.frontier.complete(completion)
        if response is not None and outcome.reason is not Reason.NOT_MODIFIED:
            self._remember(target, outcome, work, response, now)
        self._scheduler.ended(lease)

    async def _keep_its_gap(self, target: Target, now: float) -> None:
        """Tell all crawlers of a gap that the host asks for itself: the frontier knows the profile's only."""
        gap = self._scheduler.wanted_gap(target.host)
        if gap > target.gap:
            await self._wiring.frontier.defer_host(target.host, now + gap)

    def _remember(self, target: Target, outcome: Outcome, work: Work, response: Response, now: float) -> None:
        remembered = remembered_of(work.pictures, response.headers, outcome=outcome, now=now)
        if remembered is not None:
            memory_of(self._crawler).remember(target, remembered)

    def _told_apart(self, child: Target) -> Target:
        """What comes of a report bears the sealed address by which the report will tell of it."""
        return child if child.report_id is None else replace(child, sealed_address=self._wiring.listing.sealed(child))


def _last_modified(response: Response) -> float | None:
    return date_of((response.headers.get("Last-Modified") or b"").decode("latin-1"))


def _outcome_of(verdict: Verdict) -> Outcome:
    return outcome_of(verdict.reason, fetched=False)
