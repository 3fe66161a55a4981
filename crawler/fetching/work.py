"""What has come of one lease so far, from its answer until everything that came of it is safe."""

import asyncio
from collections import Counter
from typing import Literal

from crawler.contract.frontier import FoundKind, Outcome, PassedOver, Target
from crawler.contract.pages import Link
from crawler.contract.reasons import DECIDED_HERE, Reason
from crawler.fetching.picture import HashedItem, HashedPicture

_FETCHED_ALL_THE_SAME = frozenset({Reason.NOT_MODIFIED, Reason.REDIRECTED})


class Work:
    """One lease's children, counts and items under way."""

    def __init__(self) -> None:
        self.found: FoundKind | None = "page"
        self.reason: Reason | None = None
        """Why it was not fetched or hashed as it should, if so."""
        self.failed = False
        """Something that came of it could not be made safe: all of it is to be done again."""
        self.found_links: list[Link] = []
        """As the spider gave them, not yet judged."""
        self.pictures: list[HashedPicture] = []
        """All that were published."""
        self.children: dict[int, Target] = {}
        self.links: Counter[Reason] = Counter()
        self.inside: Counter[Reason | None] = Counter()
        self.passed: list[PassedOver] = []
        self.settled = asyncio.Event()
        """Set while no item is under way."""
        self.settled.set()
        self._items = 0

    def item_begun(self) -> None:
        """An item leaves for the pipelines."""
        self._items += 1
        self.settled.clear()

    def item_ended(self) -> None:
        """An item has left the pipelines, one way or another."""
        self._items -= 1
        if self._items == 0:
            self.settled.set()

    def take_in(self, item: HashedItem) -> None:
        """An item was published: what it turned out to be, and what was inside of it."""
        if item.found is not None:
            self.found = item.found
        self.reason = self.reason or item.reason
        self.inside.update(item.inside)
        self.pictures += item.pictures

    def follow(self, child: Target) -> None:
        """A link to follow; of two to the same address the one that goes first."""
        known = self.children.get(child.fingerprint)
        if known is None or child.priority < known.priority:
            self.children[child.fingerprint] = child

    def refuse(self, reason: Reason, entry: PassedOver | None) -> None:
        """A link not to follow; `entry` unless it was listed before."""
        self.links[reason] += 1
        if entry is not None:
            self.passed.append(entry)

    def outcome(self) -> Outcome:
        """How the lease ends."""
        return outcome_of(self.reason, found=self.found, links=dict(self.links), inside=dict(self.inside))


def outcome_of(
    reason: Reason | None,
    *,
    found: FoundKind | None = None,
    links: dict[Reason, int] | None = None,
    inside: dict[Reason | None, int] | None = None,
    fetched: bool = True,
) -> Outcome:
    """An outcome under a reason; `fetched`: whether there was an answer with content, whatever became of it here."""
    kind: Literal["fetched", "skipped", "failed"]
    if reason in DECIDED_HERE:
        kind = "skipped"
    elif reason is Reason.PARSER_FAILED or (reason not in _FETCHED_ALL_THE_SAME and not fetched):
        kind = "failed"
    else:
        kind = "fetched"
    return Outcome(kind=kind, reason=reason, found=found, links=links or {}, inside=inside or {})
