"""What crawlers share about being let in: a site's session, who sees to it now, and what went wrong lately.

Everything but the claims is veiled with keys that come of the digest key: a stolen store opens no session.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Literal, TypeVar

import msgspec

from crawler.contract.clock import Clock
from crawler.contract.errors import UnavailableError
from crawler.contract.reasons import Reason
from crawler.contract.shared import SharedStore
from crawler.contract.struct import Record
from crawler.fetching.cookies import KeptCookie
from crawler.fetching.verdicts import Withdrawn
from crawler.shared import Veiled

PURPOSE = "session"

CLAIM_SECONDS = 120.0
"""Longer than any one request may take; renewed before each."""
_DAY = 24 * 3600.0
_PATIENCE = 30.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_WAITS = (2, 10, 120)
"""After the first, second and third failure in a row, in units of `[crawl] retry_seconds`; doubles after that."""

Matter = Literal["gate", "login", "basic", "unmarked"]
"""What can go wrong, each counted for itself. `unmarked`: logged in anew, yet the page did not show it."""

T = TypeVar("T")


class Session(Record, frozen=True, kw_only=True):
    """A site's cookies as all crawlers use them. Its repr hides them."""

    id: str
    """Another one for each time that somebody entered."""
    cookies: tuple[KeptCookie, ...] = ()
    gate_until: float = 0.0
    """Epoch seconds; the age gate counts as passed until then."""
    login_until: float = 0.0
    """Epoch seconds; logged in until then, unless a page says otherwise."""

    def __repr__(self) -> str:
        return "Session(hidden)"


class Trouble(Record, frozen=True, kw_only=True):
    """Failures in a row, and how long nobody tries again."""

    count: int
    until: float
    """Epoch seconds."""


def new_id() -> str:
    """An id for a session that was just entered."""
    return secrets.token_hex(8)


def pause_after(failures: int, unit: float) -> float:
    """Seconds for which nobody tries again after so many failures in a row, a day at most."""
    factor: float = _WAITS[min(failures, len(_WAITS)) - 1] * 2.0 ** max(0, failures - len(_WAITS))
    return min(factor * unit, _DAY)


class SessionStore:
    """Sessions in the shared store. Every method waits a while for a store that is away, then raises `Withdrawn`."""

    def __init__(
        self, entries: Veiled, store: SharedStore, executor: Executor, *, worker: str, unit: float, clock: Clock
    ) -> None:
        """`unit`: seconds, `[crawl] retry_seconds`."""
        self._entries = entries
        self._store = store
        self._executor = executor
        self._worker = worker
        self._unit = unit
        self._clock = clock

    async def load(self, site: str) -> Session | None:
        """The site's session, whoever entered."""
        return await self._read(f"cookies:{site}", Session)

    async def save(self, site: str, session: Session, *, seconds: float) -> None:
        """Let all crawlers use this session."""
        entries = {f"cookies:{site}": msgspec.msgpack.encode(session)}
        await self._call(lambda: self._entries.put(entries, seconds=seconds))

    async def trouble(self, site: str, matter: Matter) -> float:
        """Seconds for which nobody may try again; 0 when one may."""
        found = await self._read(f"trouble:{matter}:{site}", Trouble)
        return 0.0 if found is None else max(0.0, found.until - self._clock())

    async def failed(self, site: str, matter: Matter, *, free: int = 0) -> float:
        """Count a failure; returns the seconds for which nobody may try again. The first `free` ones cost nothing."""
        name = f"trouble:{matter}:{site}"
        found = await self._read(name, Trouble)
        count = 1 if found is None else found.count + 1
        wait = pause_after(count, self._unit) if count > free else 0.0
        entry = msgspec.msgpack.encode(Trouble(count=count, until=self._clock() + wait))
        await self._call(lambda: self._entries.put({name: entry}, seconds=2 * _DAY))
        return wait

    async def went_well(self, site: str, matter: Matter) -> None:
        """Begin counting failures anew."""
        await self._call(lambda: self._entries.forget([f"trouble:{matter}:{site}"]))

    async def claim(self, site: str) -> bool:
        """Be the only crawler that enters this site, for `CLAIM_SECONDS`; claiming again extends it."""
        return await self._call(
            lambda: self._store.claim(f"{PURPOSE}:{site}", self._worker, seconds=CLAIM_SECONDS),
        )

    async def let_go(self, site: str) -> None:
        """Let others enter again."""
        await self._call(lambda: self._store.let_go(f"{PURPOSE}:{site}", self._worker))

    async def _read(self, name: str, shape: type[T]) -> T | None:
        (found,) = await self._call(lambda: self._entries.get([name]))
        try:
            return None if found is None else msgspec.msgpack.decode(found, type=shape)
        except msgspec.DecodeError:  # of another version of this program
            return None

    async def _call(self, function: Callable[[], T]) -> T:
        wait, waited = _FIRST_WAIT, 0.0
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._executor, function)
            except UnavailableError:
                if waited >= _PATIENCE:
                    raise Withdrawn from None
            await asyncio.sleep(wait)
            waited += wait
            wait = min(2 * wait, _LONGEST_WAIT)


TROUBLE_REASONS: Mapping[Matter, Reason] = {
    "gate": Reason.GATE_CLOSED,
    "login": Reason.LOGIN_FAILED,
    "unmarked": Reason.LOGIN_FAILED,
}
"""Under which reason a target waits, or fails at last, when the way in is closed."""
