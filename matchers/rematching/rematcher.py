"""Matches what was seen before with entries that were added since.

Every block of the seen store bears the version of the known set up to which it is matched. Those that are behind are
joined with what became active since, their hits are stored, and only then they are moved on: wherever this ends, it
goes on there, and what is found twice is the same hit. A matcher that keeps a block with an old version late is no
exception: that block is behind, too.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from crawler.contract.clock import Clock
from matchers.contract.ports import HitStore
from matchers.contract.records import Algorithm, Found
from matchers.known import KnownStore, NothingThereError
from matchers.known.generations.indexes import Indexes
from matchers.known.generations.values import ALGORITHMS, Values, gathered
from matchers.rematching.joining import Pairs, indexes_of, join, wanted
from matchers.rematching.report import RematchProgress
from matchers.rematching.telling import found_again, pictures_of, places_of
from matchers.rematching.withdrawing import Standing, restate_withdrawn
from matchers.seen import Block, SeenStore, Stretch

LOG = logging.getLogger(__name__)

HASHES_AT_ONCE: Final = 1 << 19
"""Joined in one go: 17 MB of them. An eighth of it takes four times as long for each."""
ENTRIES_AT_ONCE: Final = 2_000_000
"""Indexed at a time: some 300 MB. More are joined one part after the other, day by day, and the pictures read once for
each part."""
_FEW: Final = 200_000
"""With so few entries more or less a join takes about as long: versions that differ by less share one."""

Tell = Callable[[RematchProgress], None]


class Rematcher:
    """Use it from one thread. Two at once would do the same work twice, and no harm."""

    def __init__(
        self,
        known: KnownStore,
        seen: SeenStore,
        hits: HitStore,
        *,
        distance: int,
        min_quality: int,
        dihedral: bool,
        digest_key: bytes,
        clock: Clock,
        stored: Callable[[Sequence[Found]], None] = lambda _: None,
        hashes_at_once: int = HASHES_AT_ONCE,
        entries_at_once: int = ENTRIES_AT_ONCE,
    ) -> None:
        """`distance`, `min_quality` and `dihedral` as in `[matching]`; `stored` hears of all that was found, once it
        is stored.
        """
        self._known = known
        self._seen = seen
        self._hits = hits
        self._distance = distance
        self._min_quality = min_quality
        self._dihedral = dihedral
        self._digest_key = digest_key
        self._clock = clock
        self._stored = stored
        self._hashes_at_once = hashes_at_once
        self._entries_at_once = entries_at_once
        self._standing = Standing(known, hits)
        self._anew = True

    def round(self, should_stop: Callable[[], bool] = lambda: False) -> RematchProgress:
        """All that is to be done from time to time: forget what is too old, bring hits up to date with entries that
        stand otherwise, match again what is behind. Raises as these do.
        """
        if forgotten := self._seen.expire():
            LOG.info("%d days of what was seen are over, and forgotten", forgotten)
        restate_withdrawn(self._known, self._hits, self._clock)
        progress = self.rematch_additions(should_stop=should_stop)
        if progress.of:
            LOG.info(
                "%d pictures seen before are matched up to version %d: %d found",
                progress.pictures,
                progress.version,
                progress.found,
            )
        return progress

    def rematch_additions(
        self, tell: Tell = lambda _: None, should_stop: Callable[[], bool] = lambda: False
    ) -> RematchProgress:
        """Match all that is behind with what was added since, and move it on. Returns how far it came.

        Raises `StoreUnavailableError` or `StoreRefusedError`; calling it again goes on where it ended.
        """
        with self._known.snapshot() as snapshot:
            version = snapshot.version
            moved = self._seen.follow_history(version, snapshot.mark, anew=self._anew)
        self._anew = False
        if moved:
            LOG.warning(
                "%d pictures seen before may have been matched with another known set than this one (as after a backup "
                "was put back, or after a kill): they are matched again with what it added since",
                moved,
            )
        behind = self._seen.versions(version)
        if not behind:
            return RematchProgress(version=version)
        progress = RematchProgress(of=self._seen.counts(version).behind)
        for versions in self._shared(behind):
            values, version = self._since(versions.start)
            blocks = (self._seen.blocks(day, versions=versions) for day in self._seen.days())
            progress = msgspec.structs.replace(progress, version=version)
            progress = self._pass(blocks, values, progress, tell, should_stop, moving_on=True)
            if progress.stopped:
                break
        return progress

    def rematch(
        self,
        list_name: str,
        since: date,
        tell: Tell = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> RematchProgress:
        """Match all that was fetched since that day (UTC) with every active entry of a list, by hand.

        Raises as `rematch_additions`, and `NothingThereError` for a list that is not registered; done again it finds
        the same. Nothing is moved on: the list's entries are not all that was added.
        """
        if list_name not in {count.list for count in self._known.counts()}:
            raise NothingThereError(f"There is no list {list_name}. See: zoeklicht known list")
        with self._known.snapshot() as snapshot:
            version = snapshot.version
            values = {name: gathered(snapshot.values(name, list_name), name) for name in ALGORITHMS}
        days = [self._seen.blocks(day, since=since) for day in self._seen.days()]
        progress = RematchProgress(version=version, of=sum(block.pictures for blocks in days for block in blocks))
        return self._pass(iter(days), values, progress, tell, should_stop, moving_on=False)

    def _shared(self, behind: Sequence[int]) -> list[range]:
        """The versions that are behind in groups that are joined with the same entries, the latest first."""
        with self._known.snapshot() as snapshot:
            changes = [snapshot.changed_since(version) for version in behind]
        groups: list[range] = []
        most = 0
        for version, number in zip(behind, changes, strict=True):
            if groups and most <= max(2 * number, _FEW):
                groups[-1] = range(groups[-1].start, version + 1)
            else:
                groups.append(range(version, version + 1))
                most = number
        return groups[::-1]

    def _since(self, version: int) -> tuple[dict[Algorithm, Values], int]:
        with self._known.snapshot() as snapshot:
            return {name: gathered(snapshot.changes(version, name), name) for name in ALGORITHMS}, snapshot.version

    def _pass(
        self,
        days: Iterator[Sequence[Block]],
        values: Mapping[Algorithm, Values],
        progress: RematchProgress,
        tell: Tell,
        should_stop: Callable[[], bool],
        *,
        moving_on: bool,
    ) -> RematchProgress:
        """All these blocks with all these entries."""
        entries = sum(len(each.numbers) for each in values.values())
        if entries == 0:
            for blocks in days:
                if moving_on:
                    self._seen.mark(blocks, progress.version)
                progress = _counted(progress, sum(block.pictures for block in blocks), 0)
                tell(progress)
            return progress
        LOG.info("matching %d entries with what was seen before", entries)
        if entries <= self._entries_at_once:
            return self._join(days, values, progress, tell, should_stop, moving_on=moving_on)
        # With several parts all of them are indexed anew for each day: whoever is ended has that day done again, and
        # not all that was seen.
        for blocks in days:
            if blocks and not progress.stopped:
                progress = self._join([blocks], values, progress, tell, should_stop, moving_on=moving_on)
        return progress

    def _join(
        self,
        days: Iterable[Sequence[Block]],
        values: Mapping[Algorithm, Values],
        progress: RematchProgress,
        tell: Tell,
        should_stop: Callable[[], bool],
        *,
        moving_on: bool,
    ) -> RematchProgress:
        """The entries part by part; more than one part only where `days` can be gone over again."""
        parts = -(-sum(len(each.numbers) for each in values.values()) // self._entries_at_once)
        indexes = indexes_of(values, fingerprint=self._seen.fingerprint, at_once=self._entries_at_once)
        for number, part in enumerate(indexes, start=1):
            for blocks in days:
                for some, stretch in self._seen.stretches(
                    blocks, wanted(part, dihedral=self._dihedral), self._hashes_at_once
                ):
                    found = self._store(part, some, stretch, progress.version, should_stop)
                    if found is None:
                        return msgspec.structs.replace(progress, stopped=True)
                    if number == parts:
                        if moving_on:
                            self._seen.mark(some, progress.version)
                        progress = _counted(progress, stretch.pictures, 0)
                    progress = _counted(progress, 0, found)
                    tell(progress)
        return progress

    def _store(
        self,
        indexes: Indexes,
        blocks: Sequence[Block],
        stretch: Stretch,
        version: int,
        should_stop: Callable[[], bool],
    ) -> int | None:
        """Join a stretch and store what it leads to; returns how many pictures have matches, None if told to stop."""
        if should_stop():
            return None
        pairs: Pairs = join(indexes, stretch, distance=self._distance, dihedral=self._dihedral)
        number = 0
        for pictures in pictures_of(pairs, blocks, self._seen):
            if should_stop():
                return None
            places = places_of(pictures, pairs, min_quality=self._min_quality)
            moment = self._standing.now()
            found = found_again(pictures, places, self._known, version=version, digest_key=self._digest_key)
            if found:
                self._hits.store(found, again=True)
                # What this marks as flooding is in the log when the hits are told of it.
                self._stored(found)
                self._standing.restate_if_moved(found, moment)
                number += len(found)
        return number


def _counted(progress: RematchProgress, pictures: int, found: int) -> RematchProgress:
    return msgspec.structs.replace(progress, pictures=progress.pictures + pictures, found=progress.found + found)
