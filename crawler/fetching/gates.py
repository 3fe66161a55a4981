"""Which sites this process may crawl right now, and how fast: by mandate and window, halts, budgets, and people.

Looked at every second, so that a kill switch works within seconds on every machine.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crawler.contract.frontier import EVERYTHING, Halt, Round, TargetKind
from crawler.sites import open_sites

if TYPE_CHECKING:
    from crawler.contract.clock import Clock
    from crawler.contract.sites import SiteProfile
    from crawler.fetching.frontier_client import FrontierClient

logger = logging.getLogger(__name__)


class Gates:
    """What is open. Closed until the first look."""

    def __init__(self, profiles: Iterable[SiteProfile], frontier: FrontierClient, clock: Clock) -> None:
        self._profiles = {profile.name: profile for profile in profiles}
        self._frontier = frontier
        self._clock = clock
        self._stopped: frozenset[str] = frozenset()
        self._full: frozenset[tuple[str, TargetKind]] = frozenset()
        self.sites: frozenset[str] = frozenset()
        """Those that may be crawled now."""
        self.looked = False
        """Whether there was a first look."""

    async def look(self) -> None:
        """See what has changed."""
        halts = await self._frontier.halts()
        self._stopped = _halted(halts, self._profiles, kinds={"stop"})
        opened = open_sites(self._profiles.values(), self._clock()) - _halted(halts, self._profiles, kinds=None)
        for site in sorted(self.sites - opened):
            logger.info("Site %r is closed from now on, by its mandate, its window or a halt.", site)
        self.sites = opened
        self.looked = True

    async def look_at_budgets(self) -> None:
        """See what has been taken in so far. Less urgent: the frontier itself accepts nothing beyond a budget."""
        self._full = _full(await self._frontier.rounds(), self._profiles)

    @property
    def any_stopped(self) -> bool:
        """Whether anything is to be broken off."""
        return bool(self._stopped)

    def stopped(self, site: str) -> bool:
        """Whether what is under way of this site is to be broken off."""
        return site in self._stopped

    def over_budget(self, site: str, kind: TargetKind) -> bool:
        """Whether the site's budget for this round was used up when last looked at."""
        return (site, kind) in self._full


def _halted(halts: Iterable[Halt], sites: Iterable[str], *, kinds: set[str] | None) -> frozenset[str]:
    halted = {halt.scope for halt in halts if kinds is None or halt.kind in kinds}
    return frozenset(sites) if EVERYTHING in halted else frozenset(halted)


def _full(rounds: Iterable[Round], profiles: dict[str, SiteProfile]) -> frozenset[tuple[str, TargetKind]]:
    full: set[tuple[str, TargetKind]] = set()
    for each in rounds:
        profile = profiles.get(each.site)
        if profile is None:
            continue
        if each.pages >= profile.budget.pages:
            full.add((each.site, "page"))
        if each.pictures >= profile.budget.pictures:
            full.add((each.site, "picture"))
    return frozenset(full)
