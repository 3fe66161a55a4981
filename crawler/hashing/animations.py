"""The further frames of an animation: some, evenly from the first to the last, so that none hides behind the first.

The first frame is decoded by itself (`decode`), as that of a still picture: what is wrong with an animation never
costs it. Which formats move: GIF, PNG, WebP and AVIF.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.hashing.annotations import ANIMATION_CHUNKS, without_annotations
from crawler.hashing.decode import luma_of
from crawler.hashing.ending import ends_early
from crawler.hashing.formats import Format, format_of

_MOST_COUNTED = 20_000
"""Of more frames, some of these are sampled: counting those of a GIF reads it all."""


class Frame(NamedTuple):
    """One sampled frame as it is shown: height x width luma."""

    number: int
    luma: NDArray[np.uint8]


class Missed(NamedTuple):
    """So many frames were to be sampled and could not be. Comes last."""

    frames: int
    why: Reason


def sampled(count: int, most: int) -> tuple[int, ...]:
    """Up to `most` (at least 2) of `count` frames, evenly, the first and the last among them."""
    if count <= most:
        return tuple(range(count))
    return tuple(round(i * (count - 1) / (most - 1)) for i in range(most))


def further_frames(data: bytes, *, most: int, max_pixels: int, is_late: Callable[[], bool]) -> Iterator[Frame | Missed]:
    """The sampled frames after the first, in order; nothing for a still picture. Never raises for any bytes.

    Frames are shown on top of those before, so all in between are decoded, too: `is_late` is asked after each of them.
    Python's warning filters are the process's own, so call it from one thread at a time.
    """
    form = format_of(data)
    if isinstance(form, Reason) or (count := _frames_announced(data, form)) < 2:  # noqa: PLR2004
        return
    wanted = sampled(min(count, _MOST_COUNTED), most)[1:]
    done = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for frame in _decoded(data, form, wanted, max_pixels, is_late):
                if isinstance(frame, Reason):
                    yield Missed(len(wanted) - done, frame)
                    return
                done += 1
                yield frame
    except EOFError:
        return  # fewer than were announced
    except MemoryError:
        yield Missed(len(wanted) - done, Reason.DECODE_MEMORY)
    # Decoders raise whatever they like.
    except Exception:  # noqa: BLE001
        yield Missed(len(wanted) - done, Reason.TRUNCATED if ends_early(data, form) else Reason.UNDECODABLE)


def _decoded(
    data: bytes, form: Format, wanted: tuple[int, ...], max_pixels: int, is_late: Callable[[], bool]
) -> Iterator[Frame | Reason]:
    prepared = io.BytesIO(without_annotations(data, form, keep=ANIMATION_CHUNKS))
    with Image.open(prepared, formats=[form.value]) as image:
        at = 0
        for number in wanted:
            # AVIF finds its way to a frame by itself; the others decode one after the other, here step by step.
            for step in (number,) if form is Format.AVIF else range(at + 1, number + 1):
                if is_late():
                    yield Reason.DECODE_TIMEOUT
                    return
                image.seek(step)
                if image.width * image.height > max_pixels:
                    yield Reason.TOO_MANY_PIXELS
                    return
                image.load()
            at = number
            yield Frame(number, luma_of(_without_transparency(image)))


def _without_transparency(image: Image.Image) -> Image.Image:
    """Colours as they are, whichever of them is see-through. A copy, since the next frame is drawn upon this one."""
    if "transparency" not in image.info:
        return image
    shown = image.copy()
    del shown.info["transparency"]
    return shown


def _frames_announced(data: bytes, form: Format) -> int:
    """How many frames there are, by their headers: quickly, and no more than `_MOST_COUNTED` are counted."""
    match form:
        case Format.GIF:
            return _frames_of_gif(data)
        case Format.PNG:
            return _animation_chunks(data)
        case Format.WEBP:
            return data.count(b"ANMF", 12) if data[12:16] == b"VP8X" and data[20] & 2 else 1
        case Format.AVIF:
            return _frames_of_avif(data)
        case _:
            return 1


def _frames_of_gif(data: bytes) -> int:
    """Walks the blocks (GIF89a specification, 1990)."""
    count = 0
    at = 13 + _colours(data[10])
    while at < len(data) and count < _MOST_COUNTED:
        if data[at] == ord("!"):
            at += 2
        elif data[at] == ord(",") and at + 10 < len(data):
            count += 1
            at += 11 + _colours(data[at + 9])
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return count


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _animation_chunks(data: bytes) -> int:
    """Frames of an animated PNG. One more than its headers, when the picture for others is not part of it."""
    count = 0
    at = 8
    plain_first = False
    while at + 12 <= len(data) and count < _MOST_COUNTED:
        name = data[at + 4 : at + 8]
        plain_first |= name == b"IDAT" and count == 0
        count += name == b"fcTL"
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return count + plain_first


def _frames_of_avif(data: bytes) -> int:
    if b"avis" not in data[8:64]:
        return 1
    try:
        with Image.open(io.BytesIO(data), formats=["AVIF"]) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001  # it was decoded once: whatever this is, there are no frames to be had
        return 1
