"""Brings hits up to date with entries that stand otherwise by now: withdrawn, counting again, flooding or not."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from crawler.contract.clock import Clock
from matchers.contract.ports import HitStore
from matchers.contract.records import Evidence, Found, Restated
from matchers.known import KnownStore

LOG = logging.getLogger(__name__)

AT_ONCE: Final = "hits"
"""The name of the cursor up to which the hits have been told."""
ONCE_MORE: Final = "hits, once more"
"""The name of the cursor up to which they have been told a second time."""
ONCE_MORE_AFTER: Final = timedelta(minutes=15)

_PAGE: Final = 1000


class Standing:
    """Keeps hits right that are stored while entries are withdrawn. Thread-safe.

    Ask `now` before entries are looked up, and call `restate_if_moved` once what was found is stored: whatever the log
    says of those entries after that moment is said to the hits then, since the log's own consumer may have passed it
    before these hits were there.
    """

    def __init__(self, known: KnownStore, hits: HitStore) -> None:
        self._known = known
        self._hits = hits
        self._lock = threading.Lock()
        self._version: int | None = None
        self._end = known.cursor(AT_ONCE)

    def now(self) -> int:
        """The end of the log, to be given back to `restate_if_moved`."""
        with self._lock:
            # The version first: what is logged after it was read moves it on again.
            version = self._known.version
            if version != self._version:
                while some := self._known.restatements(after=self._end, limit=_PAGE):
                    self._end = some[-1][0]
                self._version = version
            return self._end

    def restate_if_moved(self, found: Sequence[Found], since: int) -> int:
        """Tell the hits what has been logged of their evidence's entries since; returns how many stand otherwise.

        Raises as the hit store does; safe to repeat.
        """
        if self.now() == since:
            return 0
        concerned = Concerned(found)
        changed = 0
        while some := self._known.restatements(after=since, limit=_PAGE):
            since = some[-1][0]
            changes = [change for _, change in some if concerned.by(change)]
            if changes:
                changed += self._hits.restate(changes)
        return changed


class Concerned:
    """Which entries some evidence rests on."""

    def __init__(self, found: Sequence[Found]) -> None:
        evidence: list[Evidence] = [one for each in found for one in each.evidence]
        self._algorithms = {(one.match.list, one.match.list_id, one.match.algorithm) for one in evidence}
        self._ids = {(one.match.list, one.match.list_id) for one in evidence}
        self._lists = {one.match.list for one in evidence}

    def by(self, change: Restated) -> bool:
        """Whether a change says anything of them."""
        if change.list_id is None:
            return change.list in self._lists
        if change.algorithm is None:
            return (change.list, change.list_id) in self._ids
        return (change.list, change.list_id, change.algorithm) in self._algorithms


def restate_withdrawn(known: KnownStore, hits: HitStore, clock: Clock) -> int:
    """Tell the hits all that the log says since the last time; returns how many stand otherwise.

    Everything is told once more some minutes later: a process that was killed after it had stored hits, and before it
    looked at the log again, has left hits that did not hear of it. Where this ends at any point it goes on there.
    """
    changed = _tell(known, hits, AT_ONCE, until=None)
    due = _last_before(known, datetime.fromtimestamp(clock(), UTC) - ONCE_MORE_AFTER)
    if due is not None:
        changed += _tell(known, hits, ONCE_MORE, until=due)
    if changed:
        LOG.info("entries stand otherwise, and so do %d hits that rest on them", changed)
    return changed


def _tell(known: KnownStore, hits: HitStore, cursor: str, *, until: int | None) -> int:
    """All that comes after the cursor is told; the cursor goes no further than `until`.

    What comes after that is told, too, since it may take back what comes before: an entry that was switched off and on
    again must not look switched off to hits that were found later, not even for a while.
    """
    changed = 0
    after = known.cursor(cursor)
    while some := known.restatements(after=after, limit=_PAGE):
        changed += hits.restate([change for _, change in some])
        after = some[-1][0]
        if until is None:
            known.advance(cursor, after)
    if until is not None:
        known.advance(cursor, until)
    return changed


def _last_before(known: KnownStore, moment: datetime) -> int | None:
    """The last number of the log that is old enough to be told once more; None when there is no new one."""
    last = None
    after = known.cursor(ONCE_MORE)
    while some := known.restatements(after=after, limit=_PAGE):
        due = [number for number, change in some if change.at <= moment]
        last = due[-1] if due else last
        if len(due) < len(some):
            break
        after = some[-1][0]
    return last
