"""The shared store from the event loop, for what costs a request at most when it is missing.

Look-ups and entries that come while a call is on its way form the next one: the busier, the fewer calls an entry.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Executor

from crawler.contract.errors import CrawlerError
from crawler.shared.veiling import Veiled

logger = logging.getLogger(__name__)

_MOST_UNWRITTEN = 10_000


class SharedCache:
    """Veiled entries of one purpose. While the store is away nothing is found and nothing is kept, and that is all."""

    def __init__(self, entries: Veiled, executor: Executor) -> None:
        """`executor`: its threads wait for the store, so that the event loop never does."""
        self._entries = entries
        self._executor = executor
        self._asked: dict[str, asyncio.Future[bytes | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._unwritten: dict[float, dict[str, bytes]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._away = False

    async def get(self, name: str) -> bytes | None:
        """What was put under the name, by whichever process; None where there is nothing or the store is away."""
        for waiting in self._unwritten.values():
            if name in waiting:
                return waiting[name]
        found = self._asked.get(name)
        if found is None:
            found = self._asked[name] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(found)

    def put(self, name: str, value: bytes, *, seconds: float) -> None:
        """Keep an entry for so long. Returns at once; written soon after, and before `flush` returns."""
        for waiting in self._unwritten.values():
            waiting.pop(name, None)
        if sum(map(len, self._unwritten.values())) < _MOST_UNWRITTEN:
            self._unwritten.setdefault(seconds, {})[name] = value
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def forget(self, names: Sequence[str]) -> None:
        """Remove entries, as far as the store answers."""
        for waiting in self._unwritten.values():
            for name in names:
                waiting.pop(name, None)
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._entries.forget, names)
        except CrawlerError as error:
            self._tell(error)

    async def flush(self) -> None:
        """Return once all that was put is written, or given up."""
        while self._writing is not None and not self._writing.done():
            await self._writing

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._executor, self._entries.get, list(asked))
                self._away = False
            except CrawlerError as error:
                self._tell(error)
                found = [None] * len(asked)
            except Exception as error:  # noqa: BLE001  # it is for those who asked
                for future in asked.values():
                    future.set_exception(error)
                return
            for future, value in zip(asked.values(), found, strict=True):
                future.set_result(value)

    async def _write(self) -> None:
        while self._unwritten:
            seconds, entries = self._unwritten.popitem()
            if not entries:
                continue
            try:
                await asyncio.get_running_loop().run_in_executor(self._executor, self._put, entries, seconds)
                self._away = False
            except CrawlerError as error:
                self._tell(error)

    def _put(self, entries: dict[str, bytes], seconds: float) -> None:
        self._entries.put(entries, seconds=seconds)

    def _tell(self, error: CrawlerError) -> None:
        if not self._away:
            logger.warning("The shared store is of no use now; going on without it. %s", error)
        self._away = True
