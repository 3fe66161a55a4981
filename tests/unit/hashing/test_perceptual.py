"""pHash and dHash, by the native core and by Pillow, beside `imagehash` itself."""

import imagehash
import numpy as np
import pytest
import zoeklicht_native
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crawler.hashing.perceptual import perceptual
from tests.photographs import photographs
from tests.unit.hashing.reference import luma_of


def test_the_native_core_and_pillow_make_the_same_hashes_of_photographs() -> None:
    for path in photographs():
        with Image.open(path) as opened:
            grey = opened.convert("L")
        for longest in (None, 1200, 640, 321, 150, 31):
            luma = luma_of(grey, longest=longest)
            assert perceptual(luma, native=True) == perceptual(luma, native=False), path.stem


def test_a_picture_too_small_to_be_reduced_has_the_very_hashes_of_imagehash() -> None:
    for path in photographs():
        with Image.open(path) as opened:
            luma = luma_of(opened.convert("L"), longest=500)
        image = Image.fromarray(luma)
        expected = (str(imagehash.phash(image)), str(imagehash.dhash(image)))
        assert perceptual(luma, native=True) == expected == perceptual(luma, native=False)


@st.composite
def pictures(draw: st.DrawFn) -> NDArray[np.uint8]:
    side = st.one_of(st.integers(1, 80), st.integers(256, 1400), st.sampled_from((8, 9, 32, 33, 512)))
    height, width = draw(side), draw(side)
    if draw(st.booleans()):
        return np.full((height, width), draw(st.integers(0, 255)), np.uint8)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.integers(0, draw(st.integers(1, 256)), (height, width), dtype=np.uint8)


@given(luma=pictures())
@example(luma=np.arange(60_000 * 3, dtype=np.uint32).astype(np.uint8).reshape(3, 60_000))
@example(luma=np.arange(60_000 * 3, dtype=np.uint32).astype(np.uint8).reshape(60_000, 3))
@settings(max_examples=150, deadline=None)
def test_noise_and_plain_colour_of_any_size_have_the_same_hashes_from_both(luma: NDArray[np.uint8]) -> None:
    assert perceptual(luma, native=True) == perceptual(luma, native=False)


def test_the_native_core_refuses_to_reduce_by_nothing() -> None:
    with pytest.raises(ValueError, match="factor"):
        zoeklicht_native.thumbnails(np.zeros((4, 4), np.uint8), 0, 1)
