"""Bytes in, hashes out: the whole of hashing as one pure function. The worker processes call it, tests do too."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crawler.contract.reasons import Reason
from crawler.contract.records import Digests, Looks, Preparation, Prepared
from crawler.contract.struct import Record
from crawler.hashing.animations import Missed, further_frames
from crawler.hashing.decode import decode_luma
from crawler.hashing.digests import digests_of
from crawler.hashing.pdq import pdq
from crawler.hashing.perceptual import perceptual
from crawler.hashing.preparing import pdq_prepared


class Limits(Record, frozen=True, kw_only=True):
    """What hashing one picture may cost, whether to turn it, and what to make of it besides."""

    max_pixels: int
    dihedral: bool
    preparations: tuple[Preparation, ...] = ()
    """PDQ after each of these, too."""
    frames: int = 8
    """Of an animation: so many, evenly from the first to the last."""
    frame_seconds: float = 10.0
    """So long is spent on an animation's further frames."""


class Hashed(Record, frozen=True, kw_only=True):
    """What is known of a picture once its bytes are forgotten. Exactly one of `looks` and `undecoded` is there."""

    digests: Digests
    looks: Looks | None = None
    undecoded: Reason | None = None
    """Why there are no looks."""
    frames: tuple[Looks, ...] = ()
    """An animation's further frames that were sampled, those left out that look exactly like one before."""
    frames_missed: int = 0
    """Frames that were to be sampled and could not be."""
    missed_for: Reason | None = None
    """Why."""


def hash_picture(data: bytes, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> Hashed:
    """All hashes of a picture. Never raises for any bytes; the exact digests are there for all of them.

    Holds no time limit but that of further frames, and no memory limit but the process's own: untrusted bytes belong
    into a `HashingPool`.
    """
    digests = digests_of(data)
    deadline = clock() + limits.frame_seconds
    try:
        luma = decode_luma(data, max_pixels=limits.max_pixels)
        first = luma if isinstance(luma, Reason) else _looks(luma, 0, limits)
    except MemoryError:
        first = Reason.DECODE_MEMORY
    if isinstance(first, Reason):
        return Hashed(digests=digests, undecoded=first)
    further = _further(data, first, limits, lambda: clock() > deadline) if limits.frames > 1 else _Further()
    return Hashed(
        digests=digests, looks=first, frames=further.frames, frames_missed=further.missed, missed_for=further.why
    )


class _Further(NamedTuple):
    frames: tuple[Looks, ...] = ()
    missed: int = 0
    why: Reason | None = None


def _further(data: bytes, first: Looks, limits: Limits, is_late: Callable[[], bool]) -> _Further:
    known = {first.pdq}
    frames: list[Looks] = []
    for found in further_frames(data, most=limits.frames, max_pixels=limits.max_pixels, is_late=is_late):
        if isinstance(found, Missed):
            return _Further(tuple(frames), found.frames, found.why)
        try:
            looks = _looks(found.luma, found.number, limits)
        except MemoryError:
            return _Further(tuple(frames), 1, Reason.DECODE_MEMORY)
        if looks.pdq not in known:
            known.add(looks.pdq)
            frames.append(looks)
    return _Further(tuple(frames))


def _looks(luma: NDArray[np.uint8], frame: int, limits: Limits) -> Looks:
    height, width = luma.shape
    likeness = pdq(luma, dihedral=limits.dihedral)
    support = perceptual(luma)
    return Looks(
        width=width,
        height=height,
        frame=frame,
        pdq=likeness.bits,
        pdq_quality=likeness.quality,
        pdq_dihedral=likeness.dihedral,
        prepared=tuple(_prepared(luma, limits)),
        phash=support.phash,
        dhash=support.dhash,
    )


def _prepared(luma: NDArray[np.uint8], limits: Limits) -> Iterator[Prepared]:
    for how in limits.preparations:
        likeness = pdq_prepared(luma, how, dihedral=limits.dihedral)
        if likeness is not None:
            yield Prepared(how=how, pdq=likeness.bits, pdq_quality=likeness.quality, pdq_dihedral=likeness.dihedral)
