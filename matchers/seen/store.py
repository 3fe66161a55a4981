"""The store of what was seen: a file a day, so that keeping is appending and forgetting is deleting a file."""

import re
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from crawler.contract.clock import Clock
from crawler.contract.records import ImageSeen
from crawler.contract.struct import Record
from matchers.contract.errors import StoreRefusedError
from matchers.seen.block import Block
from matchers.seen.day import DayFile
from matchers.seen.history import History, MarkOf
from matchers.seen.picture import SeenPicture, pack, remembered, unpack
from matchers.seen.stretch import Stretch, cells, joined
from matchers.veil import Veil

ALWAYS: Final = ("decoded", "upright_counts", "upright_kinds", "turned_counts", "turned_kinds")
"""Cells that say whose a hash is: a few bytes a picture, and read with all others."""
_UNPACKED_AT_ONCE: Final = 1 << 14
_DAY: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})\.sqlite(?:-wal|-shm)?$")


class SeenCounts(Record, frozen=True, kw_only=True):
    """What the store holds."""

    pictures: int
    """Sightings of pictures: what was delivered twice counts twice."""
    behind: int
    """How many of them are still to be matched with the present version."""
    bytes: int
    """On disk."""
    oldest: str | None
    """The first day that is kept, `YYYY-MM-DD`; None while nothing is."""


class SeenStore:
    """Thread-safe; any number of processes of one machine append, read and move on at the same time.

    Holds veiled hashes, keyed digests, sealed addresses and where a picture was found; no picture, no hash and no
    address in clear. Every method raises `StoreUnavailableError` or `StoreRefusedError` when a file cannot be used.
    """

    def __init__(self, folder: Path, clock: Clock, veil: Veil, *, digest_key: bytes, days: int) -> None:
        self._folder = folder
        self._clock = clock
        self._veil = veil
        self._digest_key = digest_key
        self._days = days
        self._lock = threading.Lock()
        self._today: DayFile | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreRefusedError(
                f"{folder}: what was seen cannot be kept here ({type(error).__name__}). "
                "Check the folder's owner and permissions, or name another `folder` under [seen]."
            ) from None

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    @property
    def fingerprint(self) -> bytes:
        """Of the veil that the hashes in it went through."""
        return self._veil.fingerprint

    def append(self, seen: Sequence[ImageSeen], version: int) -> None:
        """Keep these as a block that was matched with `version`; durable when this returns.

        All or nothing. To be called before they are committed; delivered and kept twice they only take more room.
        """
        if not seen:
            return
        hashes = cells(seen, self._veil)
        packed = pack([remembered(each, self._digest_key) for each in seen])
        last_at = max(each.fetch.at for each in seen)
        with self._lock:
            self._present().append(hashes, packed, pictures=len(seen), last_at=last_at, version=version)

    def versions(self, behind: int) -> list[int]:
        """With which versions before `behind` there are blocks that were matched with no later one; ascending."""
        found: set[int] = set()
        for day in self.days():
            with self._opened(day) as opened:
                found |= opened.versions(behind)
        return sorted(found)

    def days(self) -> list[str]:
        """The days that are kept, `YYYY-MM-DD`, the first one first."""
        return sorted(path.stem for path in self._folder.glob("????-??-??.sqlite"))

    def blocks(self, day: str, *, versions: range | None = None, since: date | None = None) -> list[Block]:
        """A day's blocks, in the order in which they were kept.

        With `versions` those that were matched up to one of these only; with `since` those with a picture that was
        fetched on that day (UTC) or later.
        """
        with self._opened(day) as opened:
            found = opened.blocks(versions)
        return [block for block in found if since is None or block.last_at.date() >= since]

    def stretches(
        self, blocks: Sequence[Block], wanted: Collection[str], at_once: int
    ) -> Generator[tuple[Sequence[Block], Stretch]]:
        """The `wanted` hashes (names of `Cells`) of these blocks, at a time about so many pictures or PDQ hashes.

        Blocks whose day has been deleted meanwhile are left out.
        """
        names = {*ALWAYS, *wanted}
        for day, of_day in _by_day(blocks):
            if not self._path(day).exists():
                continue
            with self._opened(day) as opened:
                for some in _portions(of_day, at_once):
                    found = dict(opened.cells([block.number for block in some], names))
                    there = [block for block in some if block.number in found]
                    yield there, joined([found[block.number] for block in there])

    def pictures(self, blocks: Sequence[Block]) -> Iterator[tuple[Block, list[SeenPicture]]]:
        """What is known of these blocks' pictures, each block's in the order of its hashes.

        Blocks whose day has been deleted meanwhile are left out.
        """
        for day, of_day in _by_day(blocks):
            if not self._path(day).exists():
                continue
            with self._opened(day) as opened:
                for some in _portions(of_day, _UNPACKED_AT_ONCE):
                    found = opened.packed([block.number for block in some])
                    yield from ((block, unpack(found[block.number])) for block in some if block.number in found)

    def mark(self, blocks: Sequence[Block], version: int) -> None:
        """These blocks' pictures have been matched up to `version`; durable when this returns. It never goes back."""
        for day, of_day in _by_day(blocks):
            if self._path(day).exists():
                with self._opened(day) as opened:
                    opened.mark([block.number for block in of_day], version)

    def follow_history(self, version: int, mark_of: MarkOf, *, anew: bool) -> int:
        """Make sure that the blocks' versions are versions of the known set as it is now, see `matchers.seen.history`.

        `version` is its present one; `anew` for the first time in a process. Blocks that may have been matched with
        another history are set back to what both have in common; returns how many pictures these are.
        """
        return History(self._folder).note(version, mark_of, self._set_back, anew=anew)

    def _set_back(self, version: int) -> int:
        moved = 0
        for day in self.days():
            with self._opened(day) as opened:
                moved += opened.set_back(version)
        return moved

    def expire(self) -> int:
        """Forget what is older than the days to be kept: returns how many days were deleted, each whole."""
        last = (self._now().date() - timedelta(days=self._days)).isoformat()
        late = [(found[1], path) for path in self._folder.iterdir() if (found := _DAY.match(path.name))]
        late = [(day, path) for day, path in late if day < last]
        for _, path in sorted(late):  # the database before its journals
            path.unlink(missing_ok=True)
        return len({day for day, _ in late})

    def counts(self, version: int) -> SeenCounts:
        """What there is, and what of it is behind `version`."""
        days = self.days()
        pictures = behind = 0
        for day in days:
            with self._opened(day) as opened:
                of_day = opened.counts(version)
            pictures, behind = pictures + of_day[0], behind + of_day[1]
        return SeenCounts(
            pictures=pictures,
            behind=behind,
            bytes=sum(_size(path) for path in self._folder.iterdir() if _DAY.match(path.name)),
            oldest=days[0] if days else None,
        )

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            if self._today:
                self._today.close()
            self._today = None

    def _present(self) -> DayFile:
        day = self._now().date().isoformat()
        if self._today is None or self._today.day != day:
            if self._today:
                self._today.close()
            self._today = None
            self._today = DayFile(self._path(day), self._veil.fingerprint)
        return self._today

    @contextmanager
    def _opened(self, day: str) -> Iterator[DayFile]:
        opened = DayFile(self._path(day), self._veil.fingerprint)
        try:
            yield opened
        finally:
            opened.close()

    def _path(self, day: str) -> Path:
        return self._folder / f"{day}.sqlite"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _size(path: Path) -> int:
    """0 for a file that is gone meanwhile, as journals are when the last process lets go of their database."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _by_day(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    found: dict[str, list[Block]] = {}
    for block in blocks:
        found.setdefault(block.day, []).append(block)
    return list(found.items())


def _portions(blocks: Sequence[Block], at_once: int) -> Iterator[list[Block]]:
    """The blocks in runs of at most so many pictures or PDQ hashes, or of a single block."""
    some: list[Block] = []
    total = 0
    for block in blocks:
        weight = max(block.pictures, block.views)
        if some and total + weight > at_once:
            yield some
            some, total = [], 0
        some.append(block)
        total += weight
    if some:
        yield some
