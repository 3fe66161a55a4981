"""A picture's bytes to its luma at full resolution, or the reason why not. One step of `hash_picture`.

Defined here, since hashes depend on it: colour becomes luma by ITU-R 601 weights; alpha is dropped, as the programs
that hash lists come from do, unless the picture is drawn in alpha alone; CMYK goes by way of RGB; 16 bits are scaled to
8; this is an animation's first frame (see `animations` for others); orientation in EXIF is ignored, since PDQ's turns
and flips cover it.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageChops, WebPImagePlugin

from crawler.contract.reasons import Reason
from crawler.hashing.annotations import without_annotations
from crawler.hashing.ending import ends_early
from crawler.hashing.formats import Format, format_of

_EXTRA_PLUGINS = (AvifImagePlugin, WebPImagePlugin)
"""Imported for Pillow's registry: else it imports every plugin it has when it first meets one of these."""
_BYTES_A_PIXEL = 16
"""What decoding takes at most: 15.6 for WebP, 9 for AVIF, 7 for a progressive JPEG in full colour (measured)."""
_LOOK_AHEAD = 16
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")


def decode_luma(data: bytes, *, max_pixels: int) -> NDArray[np.uint8] | Reason:
    """Height x width luma, 0 to 255, contiguous; or why there is none.

    The size is read from the header, and a picture of more than `max_pixels` is not decoded. Raises `MemoryError` when
    there is not enough of it. Python's warning filters are the process's own, so call it from one thread at a time.
    """
    form = format_of(data)
    if isinstance(form, Reason):
        return form
    # WebP's decoder reserves its canvas when it is made, before it has told the size.
    pixels = max_pixels if form is Format.WEBP else 0
    # A damaged picture is our daily bread; Pillow's warnings about it have no reader.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(_prepared(data, form)), formats=[form.value]) as image:
                pixels = image.width * image.height
                if pixels > max_pixels:
                    return Reason.TOO_MANY_PIXELS
                return _luma(image)
        except Image.DecompressionBombError:
            return Reason.TOO_MANY_PIXELS
        except MemoryError:
            raise
        # Decoders raise whatever they like: OSError, SyntaxError, ValueError, struct.error, KeyError, zlib.error …
        except Exception:  # noqa: BLE001
            return _fault(data, form, pixels)


def _prepared(data: bytes, form: Format) -> bytes:
    prepared = without_annotations(data, form)
    if form is Format.JPEG and ends_early(data, form):
        # Browsers show a picture that lacks no more than its end marker. libjpeg would too, but it looks a few bytes
        # ahead; one that was cut off earlier needs more than these, and is refused.
        prepared += bytes(_LOOK_AHEAD)
    return prepared


def _fault(data: bytes, form: Format, pixels: int) -> Reason:
    """Why a decoder refused. Three of them say of a lack of memory what they say of nonsense, so it is tried out."""
    if ends_early(data, form):
        return Reason.TRUNCATED
    try:
        np.empty(pixels * _BYTES_A_PIXEL, np.uint8)
    except MemoryError:
        return Reason.DECODE_MEMORY
    return Reason.UNDECODABLE


def _luma(image: Image.Image) -> NDArray[np.uint8]:
    # Asks libjpeg for luma alone and leaves the size as it is: no upsampling and no colour conversion (other decoders
    # ignore it). Scaled decoding would be faster still, but it moves PDQ too far.
    image.draft("L", image.size)
    image.load()
    if image.mode in _SIXTEEN_BITS:
        # Pillow would cut everything above 255 off.
        return _eight_bits(np.asarray(image))
    # Or else conversion would look at the transparent colour and warn about it.
    image.info.pop("transparency", None)
    return luma_of(image)


def luma_of(image: Image.Image) -> NDArray[np.uint8]:
    """The luma of a loaded picture of at most 8 bits a channel."""
    if image.mode == "L":
        return np.asarray(image)
    known = image.mode in {"1", "LA", "P", "PA", "RGB", "RGBA", "RGBX"}
    luma = np.asarray((image if known else image.convert("RGB")).convert("L"))
    if image.mode in {"LA", "PA", "RGBA"} and luma.min() == luma.max():
        # One flat colour, so that all there is to see is where it is opaque: as dark ink on a white page.
        return np.asarray(ImageChops.invert(image.getchannel("A")))
    return luma


def _eight_bits(samples: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """65535 becomes 255. A row at a time: the whole in 32 bits would take four times the picture."""
    scaled = np.empty(samples.shape, np.uint8)
    for row, wide in zip(scaled, samples, strict=True):
        row[:] = (wide.astype(np.uint32) + 128) // 257
    return scaled
