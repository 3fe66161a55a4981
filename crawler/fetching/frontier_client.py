"""The frontier from the event loop: calls in threads, completions gathered into batches, outages waited out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from crawler.contract.errors import UnavailableError
from crawler.contract.frontier import Completion, Coverage, Frontier, FrontierStats, Halt, Lease, Round, Target
from crawler.contract.reasons import Reason
from crawler.contract.reports import Report

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0


class FrontierClient:
    """One process's view of the frontier. Every method waits while the store is away, until `close`.

    Nothing is lost meanwhile: what this process holds stays leased or expires and is handed out again.
    """

    def __init__(self, frontier: Frontier, executor: Executor, worker: str) -> None:
        self._frontier = frontier
        self._executor = executor
        self._worker = worker
        self._endings: list[tuple[Completion, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closing = False

    async def add(self, targets: Sequence[Target]) -> int:
        """See `Frontier.add`."""
        return await self._call(lambda: self._frontier.add(targets))

    async def lease(self, *, limit: int, per_host: int, sites: Collection[str]) -> Sequence[Lease]:
        """See `Frontier.lease`."""
        return await self._call(lambda: self._frontier.lease(self._worker, limit=limit, per_host=per_host, sites=sites))

    async def settle(self, host: str, address: str) -> bool:
        """See `Frontier.settle`."""
        return await self._call(lambda: self._frontier.settle(self._worker, host, address))

    async def complete(self, completion: Completion) -> None:
        """End a lease; returns once the frontier has it. Those that end while a batch is on its way form the next."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._endings.append((completion, ended))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await ended

    async def release(self, lease: Lease, *, not_before: float, attempt: int) -> None:
        """See `Frontier.release`."""
        await self._call(lambda: self._frontier.release(lease.id, not_before=not_before, attempt=attempt))

    async def fail(self, lease: Lease, reason: Reason) -> None:
        """See `Frontier.fail`."""
        await self._call(lambda: self._frontier.fail(lease.id, reason))

    async def renew(self, leases: Sequence[str]) -> Sequence[str]:
        """See `Frontier.renew`."""
        return await self._call(lambda: self._frontier.renew(self._worker, leases))

    async def reap(self) -> int:
        """See `Frontier.reap`."""
        return await self._call(self._frontier.reap)

    async def defer_host(self, host: str, until: float) -> None:
        """See `Frontier.defer_host`."""
        await self._call(lambda: self._frontier.defer_host(host, until))

    async def halts(self) -> Sequence[Halt]:
        """See `Frontier.halts`."""
        return await self._call(self._frontier.halts)

    async def rounds(self) -> Sequence[Round]:
        """See `Frontier.rounds`."""
        return await self._call(self._frontier.rounds)

    async def report(self, report_id: str) -> Report | None:
        """See `Frontier.report`."""
        return await self._call(lambda: self._frontier.report(report_id))

    async def has_work(self) -> bool:
        """See `Frontier.has_work`."""
        return await self._call(self._frontier.has_work)

    async def coverage(self) -> Sequence[Coverage]:
        """See `Frontier.coverage`."""
        return await self._call(self._frontier.coverage)

    async def stats(self) -> FrontierStats:
        """See `Frontier.stats`."""
        return await self._call(self._frontier.stats)

    async def close(self) -> None:
        """Stop waiting for a store that is away, and let go of it."""
        self._closing = True
        if self._flushing is not None:
            await asyncio.wait({self._flushing})
        self._frontier.close()

    async def _flush(self) -> None:
        while self._endings:
            batch, self._endings = self._endings, []
            try:
                await self._call(partial(self._frontier.complete, [completion for completion, _ in batch]))
            except BaseException as error:  # noqa: BLE001  # each waiter is told, none hangs
                for _, ended in batch:
                    if not ended.done():
                        ended.set_exception(error)
            else:
                for _, ended in batch:
                    if not ended.done():
                        ended.set_result(None)

    async def _call(self, function: Callable[[], T]) -> T:
        wait = _FIRST_WAIT
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._executor, function)
            except UnavailableError as error:
                if self._closing:
                    raise
                if wait == _FIRST_WAIT:
                    logger.warning("The frontier does not answer; waiting for it. %s", error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
