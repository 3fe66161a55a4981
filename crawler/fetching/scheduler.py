"""Scrapy's scheduler, fed by leases: a background task refills, `next_request` only looks at what is here.

More tasks run beside it: renewing what is held, reaping what others left behind, looking at which sites are open,
and waking the engine when a host's gap is over.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.utils.defer import deferred_from_coro

from crawler.contract.errors import ConfigError, CrawlerError
from crawler.fetching.gates import Gates
from crawler.fetching.pacing import HostPace
from crawler.fetching.requests import request_of
from crawler.fetching.resolver import installed_resolver
from crawler.fetching.settling import Settling
from crawler.fetching.sharing import sharing_of
from crawler.fetching.slowness import Slowness
from crawler.fetching.wiring import wiring_of

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from crawler.contract.frontier import Lease

logger = logging.getLogger(__name__)

LEASES_FAILED = "leases_failed"
"""The reason with which a spider closes that could not keep its leases."""

_SHORTEST_IDLE = 0.05
_LONGEST_IDLE = 0.5
_BEGUN_A_DOWNLOAD = 2
"""Leases begun and not ended, for each download that may be under way: the rest is being hashed and published."""
_WAITING_A_HASHER = 8
"""Pictures that may wait for each hashing process. More would only wait longer, in memory; fewer let it run dry."""
_HASHING_LOOK = 0.02
_GATES_LOOK = 1.0
_ADDRESS_TAKEN = 1.0
"""Before what waits for an address that another crawler asks, or that rests, is handed out again."""
_BUDGETS_LOOK = 5.0


class LeaseScheduler(BaseScheduler):
    """Hands out leased targets as requests, one at a time a host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._wiring = wiring_of(crawler)
        self._pace = HostPace(self._wiring.frontier_table.address_gap_seconds)
        self._settling = Settling(installed_resolver().resolve, self._wiring.frontier, self._pace)
        self.gates = Gates(self._wiring.directory.profiles.values(), self._wiring.frontier, time.time)
        sharing = sharing_of(crawler)
        self._slowness = Slowness(sharing.store, sharing.executor)
        self._held: dict[str, Lease] = {}
        self._begun: set[str] = set()
        self._begun_at_most = _BEGUN_A_DOWNLOAD * self._wiring.crawl.concurrent_requests
        self._waiting_at_most = _WAITING_A_HASHER * self._wiring.hashing.workers
        self._room = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._closing = False
        self._drained = False
        self.errback: Callable[[Failure], Coroutine[None, None, None]] | None = None
        """What a request that fails ends in: the keeper of leases sets it when the spider opens."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LeaseScheduler:
        """Called by Scrapy."""
        return cls(crawler)

    def open(self, spider: Spider) -> Deferred[None] | None:  # noqa: ARG002  # Scrapy's signature
        """Begin to lease."""
        lease_seconds = self._wiring.frontier_table.lease_seconds
        self._begin(self._refill())
        self._begin(self._every(_GATES_LOOK, self._look_at_gates))
        self._begin(self._every(_BUDGETS_LOOK, self.gates.look_at_budgets))
        self._begin(self._every(_BUDGETS_LOOK, self._look_at_people))
        self._begin(self._every(lease_seconds / 4, self._renew))
        self._begin(self._every(lease_seconds / 4, self._reap))
        return None

    def close(self, reason: str) -> Deferred[None] | None:  # noqa: ARG002  # Scrapy's signature
        """Give back what was not begun, at once."""
        self._closing = True
        return deferred_from_coro(self._close())

    def has_pending_requests(self) -> bool:
        """Always, but for a crawl that was to end once drained, and is."""
        return not self._drained

    def enqueue_request(self, request: Request) -> bool:  # noqa: ARG002
        """Refuse: a request without a lease would be fetched outside scope, pace and counts."""
        raise TypeError("Spiders yield links, not requests: a request has no lease. See crawler.contract.pages.Link.")

    def next_request(self) -> Request | None:
        """The next request whose host may be asked now."""
        if self._closing or len(self._begun) >= self._begun_at_most:
            return None  # the next lease to end wakes the engine
        if self._wiring.hashing.queued >= self._waiting_at_most:
            self._set_alarm(_HASHING_LOOK)
            return None
        now = time.time()
        lease = self._pace.pop(now)
        if lease is None:
            due = self._pace.next_due(now)
            if due is not None:
                self._set_alarm(due)
            return None
        self._begun.add(lease.id)
        assert self.errback is not None
        profile = self._wiring.directory.profiles[lease.target.site]
        return request_of(lease, profile, errback=self.errback)

    def answered(self, lease: Lease) -> None:
        """The host has answered as it should: it rests, while the answer is still being worked on here.

        Any other answer keeps the host until the lease has ended, since it may ask to be left alone.
        """
        self._pace.finished(lease, time.time())

    def ending(self, lease: Lease) -> None:
        """The frontier is being told that the lease ends: from now on it is not renewed, nor missed."""
        self._held.pop(lease.id, None)

    def ended(self, lease: Lease) -> None:
        """The lease has ended at the frontier."""
        self._pace.finished(lease, time.time())
        self._held.pop(lease.id, None)
        self._begun.discard(lease.id)
        self._room.set()
        self._wake()

    def defer(self, host: str, until: float) -> None:
        """The host wants to be left alone until then."""
        self._pace.defer(host, until)

    def wanted_gap(self, host: str) -> float:
        """The gap that the host itself asks for; 0 when it does not."""
        return self._pace.wanted_gap(host)

    def slow_down(self, host: str, gap: float) -> None:
        """The host asks for so many seconds between two requests (`Crawl-delay`)."""
        self._pace.slow_down(host, gap)

    async def _refill(self) -> None:
        idle = _SHORTEST_IDLE
        while not self._closing:
            self._room.clear()
            room = self._wiring.crawl.prefetch - len(self._held)
            leases = await self._lease(room) if room > 0 and self.gates.sites else ()
            for lease in leases:
                self._take(lease)
            if leases:
                idle = _SHORTEST_IDLE
                self._wake()
                if room > len(leases):
                    await self._wait_for_room(_SHORTEST_IDLE)
                continue
            if not self._held and self._wiring.once and not await self._work_left():
                self._drained = True
                self._wake()
                return
            await self._wait_for_room(idle)
            idle = min(idle * 2, _LONGEST_IDLE)

    async def _lease(self, room: int) -> Sequence[Lease]:
        return await self._wiring.frontier.lease(
            limit=room, per_host=self._wiring.crawl.leases_per_host, sites=self.gates.sites
        )

    async def _work_left(self) -> bool:
        """Whether any site that is open has something left: closed ones must not keep a crawl from ending."""
        if not self.gates.looked:
            return True
        if not await self._wiring.frontier.has_work():
            return False
        covered = await self._wiring.frontier.coverage()
        return any(each.pending + each.leased for each in covered if each.scope in self.gates.sites)

    def _take(self, lease: Lease) -> None:
        self._held[lease.id] = lease
        if self._settling.push(lease):
            self._begin(self._settle(lease.target.host))

    async def _settle(self, host: str) -> None:
        elsewhere = await self._settling.settle(host)
        if elsewhere:
            logger.debug("Another crawler asks this address; %d leases are given back.", len(elsewhere))
            await self._give_back(elsewhere, after=_ADDRESS_TAKEN)
        self._wake()

    async def _look_at_gates(self) -> None:
        before = self.gates.sites
        await self.gates.look()
        await self._give_back(self._pace.take_out(before - self.gates.sites))
        if self.gates.sites - before:
            self._room.set()

    async def _look_at_people(self) -> None:
        self._pace.slowness = await self._slowness.told(self._pace.slowness)

    async def _give_back(self, leases: Sequence[Lease], *, after: float = 0.0) -> None:
        """What is not begun yet goes back as it was, to be handed out again `after` so many seconds."""
        not_before = time.time() + after
        for lease in leases:
            self.ending(lease)
            await self._wiring.frontier.release(lease, not_before=not_before, attempt=lease.target.attempt)
            self.ended(lease)

    async def _wait_for_room(self, longest: float) -> None:
        try:
            await asyncio.wait_for(self._room.wait(), longest)
        except TimeoutError:
            return

    async def _renew(self) -> None:
        if not self._held:
            return
        # What ended while the frontier was asked is not lost.
        lost = set(await self._wiring.frontier.renew(list(self._held))) & self._held.keys()
        if lost:
            logger.warning("%d leases are no longer this crawler's; others will fetch them.", len(lost))
            self._pace.drop(lost)
            self._settling.drop(lost)
            for lease_id in lost - self._begun:
                self._held.pop(lease_id, None)
            self._room.set()

    async def _reap(self) -> None:
        reaped = await self._wiring.frontier.reap()
        if reaped:
            logger.info("Took back %d leases that a crawler left behind.", reaped)
        self._pace.forget_idle(time.time())
        self._settling.forget(time.time())

    async def _every(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        while not self._closing:
            await action()
            await asyncio.sleep(seconds)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """A crawler whose lease keeping has failed cannot go on: it ends, and says why in its exit code."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._closing:
            told = error if isinstance(error, CrawlerError) else type(error).__name__
            logger.error("The crawler cannot keep its leases and ends: %s", told)
            closing = self._crawler.engine.close_spider_async(reason=LEASES_FAILED)
            self._ending = asyncio.get_running_loop().create_task(closing)

    async def _close(self) -> None:
        keeping = tuple(self._tasks)
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        await self._give_back([*self._pace.drain(), *self._settling.drain()])

    def _set_alarm(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        """Have the engine ask `next_request` again; without this it sleeps up to its heartbeat of 5 s.

        Private to Scrapy, so touched here only; a test notices when it moves.
        """
        slot = self._crawler.engine._slot  # noqa: SLF001
        if slot is not None:
            slot.nextcall.schedule()


def scheduler_of(crawler: Crawler) -> LeaseScheduler:
    """The scheduler of this crawler, once it runs."""
    scheduler = crawler.engine.scheduler
    if not isinstance(scheduler, LeaseScheduler):
        raise ConfigError("the setting SCHEDULER is not ours: use crawler.settings")
    return scheduler
