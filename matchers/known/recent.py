"""What was answered lately: the same picture turns up again and again, and the answer stays while the set does."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

import msgspec

from crawler.contract.records import ImageSeen
from crawler.contract.struct import Record

T = TypeVar("T")

_KEY_BYTES: Final = 16
_ENCODER: Final = msgspec.msgpack.Encoder()


def asked_as(seen: ImageSeen) -> bytes:
    """The same for two pictures if and only if all is the same that matching looks at: digests, and every look.

    A digest, so that what waits in memory is no hash of a picture (BLAKE2b-128: that two differ and collide does not
    come up).
    """
    return hashlib.blake2b(_ENCODER.encode((seen.digests, seen.looks)), digest_size=_KEY_BYTES).digest()


class CacheCounts(Record, frozen=True, kw_only=True):
    """Pictures looked up since the start."""

    hits: int = 0
    """Answered from memory, or by another one of the same batch."""
    misses: int = 0
    """Asked of the index."""


class RecentAnswers(Generic[T]):
    """The answers to so many pictures at most; those not asked for longest go first. Thread-safe."""

    def __init__(self, most: int) -> None:
        """`most`: 0 remembers nothing."""
        self._most = most
        self._answers: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, keys: frozenset[bytes]) -> dict[bytes, T]:
        """The answers that are there."""
        with self._lock:
            found = {key: self._answers[key] for key in keys if key in self._answers}
            for key in found:
                self._answers.move_to_end(key)
        return found

    def put(self, answers: Mapping[bytes, T]) -> None:
        """Remember these."""
        with self._lock:
            for key, answer in answers.items():
                self._answers[key] = answer
                self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
