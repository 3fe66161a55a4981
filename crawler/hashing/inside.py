"""What is in an archive, and what a worker tells of it while it unpacks: one message for each thing it comes upon."""

from collections.abc import Mapping

from crawler.contract.reasons import Reason
from crawler.contract.records import Digests
from crawler.contract.struct import Record
from crawler.hashing.looks import Hashed


class HashedInside(Record, frozen=True, kw_only=True):
    """A picture or video in an archive."""

    path: str
    """In the archive, and in the one within it, and so on. From a stranger: never logged, sealed before it is sent."""
    size: int
    """Bytes unpacked."""
    hashed: Hashed

    def __repr__(self) -> str:
        return "HashedInside(hidden)"


class Unpacked(Record, frozen=True, kw_only=True):
    """All that was in an archive."""

    found: tuple[HashedInside, ...]
    """Pictures that were not decoded and videos among them, with their reason: their digests are known."""
    passed: Mapping[Reason, int]
    """What could not be looked at, by reason: nothing is known of it. What is no picture is not counted."""
    reason: Reason | None
    """Why it was not read to its end, or not all of it; None when all went well."""


class Task(Record, frozen=True, kw_only=True):
    """What a worker is to do with the bytes that follow it."""

    archive: bool
    passwords: tuple[str, ...] = ()
    after: int = 0
    """Things up to this number were told of before; the worker that did so has died since."""

    def __repr__(self) -> str:
        return f"Task(archive={self.archive}, after={self.after})"


class Going(Record, frozen=True, kw_only=True, tag="going"):
    """It still unpacks."""


class Begun(Record, frozen=True, kw_only=True, tag="begun"):
    """A picture is about to be decoded: should that end the worker, this much is known."""

    number: int
    path: str
    size: int
    digests: Digests

    def __repr__(self) -> str:
        return f"Begun(number={self.number})"


class Found(Record, frozen=True, kw_only=True, tag="found"):
    """A picture or video was hashed."""

    number: int
    inside: HashedInside


class Passed(Record, frozen=True, kw_only=True, tag="passed"):
    """Something could not be looked at."""

    number: int
    reason: Reason


class Ended(Record, frozen=True, kw_only=True, tag="ended"):
    """That was all."""

    reason: Reason | None


Told = Going | Begun | Found | Passed | Ended
