"""Walks through an archive and those within it: pictures are hashed, videos digested, all else passes by unread."""

from collections import Counter
from collections.abc import Callable
from typing import Literal

from crawler.contract.reasons import Reason
from crawler.hashing.digests import Digester, digests_of
from crawler.hashing.films import LOOKED_AT, is_video
from crawler.hashing.formats import format_of
from crawler.hashing.inside import Begun, Ended, Found, Going, HashedInside, Passed, Task, Told
from crawler.hashing.looks import Hashed, Limits, hash_picture
from crawler.unpacking import ArchiveError, ArchiveKind, LimitError, Meter, UnpackLimits, kind_of, unpack

_NO_PICTURE = frozenset({Reason.EMPTY, Reason.NOT_A_PICTURE})
_WithIn = Literal["undecided", "picture", "archive", "video", "other", "too large"]


def walk(data: bytes, task: Task, limits: Limits, unpack_limits: UnpackLimits, tell: Callable[[Told], None]) -> None:
    """Tell of everything in the archive, in an order that is always the same; `Ended` comes last."""
    meter = Meter(unpack_limits, packed=len(data), going=lambda: tell(Going()))
    told = _Telling(task, limits, meter, tell)
    kind = kind_of(data)
    reason = None
    try:
        unpack(data, kind or ArchiveKind.OTHER, _Level(told, "", 0), passwords=task.passwords)
    except ArchiveError as error:
        reason = error.reason
    except MemoryError:
        reason = Reason.DECODE_MEMORY
    if reason is None and told.locked:
        reason = Reason.ARCHIVE_LOCKED
    tell(Ended(reason=reason))


class _Telling:
    """What all levels of an archive share."""

    def __init__(self, task: Task, limits: Limits, meter: Meter, tell: Callable[[Told], None]) -> None:
        self.task = task
        self.limits = limits
        self.meter = meter
        self.tell = tell
        self.locked = False
        self._number = 0
        self._paths: Counter[str] = Counter()

    def passed(self, reason: Reason) -> None:
        self.locked |= reason is Reason.ARCHIVE_LOCKED
        if (number := self._next()) > self.task.after:
            self.tell(Passed(number=number, reason=reason))

    def picture(self, path: str, data: bytes) -> None:
        path = self._only(path)
        number = self._next()
        if number <= self.task.after:
            return
        self.tell(Begun(number=number, path=path, size=len(data), digests=digests_of(data)))
        hashed = hash_picture(data, self.limits)
        self.tell(Found(number=number, inside=HashedInside(path=path, size=len(data), hashed=hashed)))

    def video(self, path: str, digester: Digester) -> None:
        path = self._only(path)
        number = self._next()
        if number > self.task.after:
            hashed = Hashed(digests=digester.digests(), undecoded=Reason.VIDEO)
            self.tell(Found(number=number, inside=HashedInside(path=path, size=digester.size, hashed=hashed)))

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _only(self, path: str) -> str:
        """Two files may bear one name, and are two pictures."""
        self._paths[path] += 1
        times = self._paths[path]
        return path if times == 1 else f"{path} #{times}"


class _Level:
    """The visitor of one archive."""

    def __init__(self, telling: _Telling, prefix: str, depth: int) -> None:
        self._telling = telling
        self._prefix = prefix
        self._depth = depth
        self._path = ""
        self._held = bytearray()
        self._within: _WithIn = "undecided"
        self._digester = Digester()

    def begin(self, name: str) -> None:
        self._telling.meter.file()
        self._path = self._prefix + name
        self._held = bytearray()
        self._within = "undecided"

    def block(self, data: bytes) -> bool:
        self._telling.meter.unpacked(len(data))
        if self._within == "video":
            self._digester.feed(data)
        elif self._within in {"undecided", "picture", "archive"}:
            self._held += data
            if self._within == "undecided" and len(self._held) >= LOOKED_AT:
                self._decide()
            if len(self._held) > self._telling.meter.limits.file_bytes:
                self._held = bytearray()
                self._within = "too large"
        return self._within not in {"other", "too large"}

    def end(self, fault: Reason | None) -> None:
        if self._within == "undecided" and self._held:
            self._decide()
        held, self._held = bytes(self._held), bytearray()
        match self._within:
            case "picture":
                self._telling.picture(self._path, held)
            case "video":
                self._telling.video(self._path, self._digester)
            case "archive":
                self._descend(held)
            case "too large":
                self._telling.passed(Reason.ARCHIVE_TOO_LARGE)
            case "undecided" if fault is not None:
                self._telling.passed(fault)  # nothing came out of it: what it is, is not known
            case _:
                pass

    def _decide(self) -> None:
        start = bytes(self._held[:LOOKED_AT])
        if format_of(start) not in _NO_PICTURE:
            self._within = "picture"
        elif kind_of(start) is not None:
            self._within = "archive"
        elif is_video(start):
            self._within = "video"
            self._digester = Digester()
            self._digester.feed(bytes(self._held))
            self._held = bytearray()
        else:
            self._within = "other"
            self._held = bytearray()

    def _descend(self, data: bytes) -> None:
        kind = kind_of(data)
        if kind is None or kind is ArchiveKind.OTHER:
            self._telling.passed(Reason.ARCHIVE_UNSUPPORTED)
        elif self._depth >= self._telling.meter.limits.depth:
            self._telling.passed(Reason.ARCHIVE_TOO_DEEP)
        else:
            inner = _Level(self._telling, f"{self._path}/", self._depth + 1)
            try:
                unpack(data, kind, inner, passwords=self._telling.task.passwords)
            except LimitError:
                raise
            except ArchiveError as error:
                self._telling.passed(error.reason)
