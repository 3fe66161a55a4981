"""PDQ against its reference implementation, on real photographs and on arrays that nobody photographed."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoeklicht_native
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crawler.contract.records import DIHEDRAL
from crawler.hashing.bands import band
from crawler.hashing.pdq import pdq
from tests.photographs import photographs
from tests.unit.hashing.reference import TURNS, distance, luma_of, reference_pdq

SIZES = (None, 640, 321, 150, 60)
BOTH = (True, False)
"""The native core, and its twin in NumPy."""


@pytest.fixture(params=photographs(), ids=lambda path: path.stem)
def photograph(request: pytest.FixtureRequest) -> Image.Image:
    path: Path = request.param
    with Image.open(path) as opened:
        return opened.convert("RGB")


def test_every_bit_and_the_quality_are_those_of_the_reference(photograph: Image.Image) -> None:
    for longest in SIZES:
        luma = luma_of(photograph, longest=longest)
        reference = reference_pdq(luma)
        for native in BOTH:
            ours = pdq(luma, dihedral=False, native=native)
            assert (ours.bits, ours.quality) == reference


def test_each_turn_and_flip_is_what_the_reference_says_of_the_turned_picture(photograph: Image.Image) -> None:
    for longest in (800, 321, 150):
        luma = luma_of(photograph, longest=longest)
        reference = tuple(reference_pdq(TURNS[name](luma))[0] for name in DIHEDRAL)
        assert all(pdq(luma, dihedral=True, native=native).dihedral == reference for native in BOTH)


def test_colour_and_luma_differ_by_four_bits_at_most(photograph: Image.Image) -> None:
    colour = reference_pdq(np.asarray(photograph))[0]
    assert distance(colour, pdq(luma_of(photograph), dihedral=False).bits) <= 4


def test_the_picture_as_it_is_does_not_change_when_turns_are_asked_for(photograph: Image.Image) -> None:
    luma = luma_of(photograph, longest=500)
    for native in BOTH:
        alone, turned = (pdq(luma, dihedral=dihedral, native=native) for dihedral in (False, True))
        assert (alone.bits, alone.quality, alone.dihedral) == (turned.bits, turned.quality, ())


@st.composite
def smooth_pictures(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Noise at a coarse scale, stretched to any size. Not to sides of 8 or 16, whose pixels make 8 or 4 samples each:
    some coefficients are exactly 0 then, and their bits the reference's rounding errors."""
    height, width = draw(st.integers(17, 400)), draw(st.integers(17, 400))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    coarse = Image.fromarray(random.integers(0, 256, (17, 23), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


@given(luma=smooth_pictures())
@settings(max_examples=60, deadline=None)
def test_pictures_of_any_size_are_hashed_as_the_reference_does(luma: NDArray[np.uint8]) -> None:
    # Two bits: a coefficient may lie within float rounding of the median, and takes another with it.
    bits, quality = reference_pdq(luma)
    references = [reference_pdq(TURNS[name](luma))[0] for name in DIHEDRAL]
    for native in BOTH:
        ours = pdq(luma, dihedral=True, native=native)
        assert distance(ours.bits, bits) <= 2
        assert abs(ours.quality - quality) <= 1
        for reference, turned in zip(references, ours.dihedral, strict=True):
            assert distance(turned, reference) <= 2


@st.composite
def any_pictures(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Noise of any size: single pixels, strips, exactly 64, odd ones; now and then a large one."""
    side = st.one_of(st.integers(1, 9), st.sampled_from((63, 64, 65, 127, 128, 129, 256, 257)), st.integers(10, 700))
    height, width = draw(st.one_of(st.tuples(side, side), st.sampled_from([(1, 5000), (9000, 7), (1900, 2100)])))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.integers(0, 256, (height, width), dtype=np.uint8)


@given(luma=any_pictures())
@settings(max_examples=150, deadline=None)
def test_the_native_core_and_its_twin_say_the_same_of_noise_of_any_size(luma: NDArray[np.uint8]) -> None:
    native, twin = (pdq(luma, dihedral=True, native=native) for native in BOTH)
    assert abs(native.quality - twin.quality) <= 1
    # A side of 8 or 16 pixels makes coefficients that are exactly 0, and their bits rounding errors. 2 bits are one
    # coefficient within rounding of the median; 1500 pictures of noise had none of any other size.
    rounding = 24 if {8, 16} & set(luma.shape) else 2
    for one, other in zip((native.bits, *native.dihedral), (twin.bits, *twin.dihedral), strict=True):
        assert distance(one, other) <= rounding


def test_the_native_core_reads_pictures_that_lie_in_memory_otherwise() -> None:
    luma = np.random.default_rng(5).integers(0, 256, (120, 90), dtype=np.uint8)
    for other in (luma.T, luma[::-1], luma[::2, ::3]):
        assert pdq(other, dihedral=True, native=True) == pdq(np.array(other, order="C"), dihedral=True, native=True)


def test_the_native_core_refuses_what_is_no_luma() -> None:
    for luma in (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 0), np.uint8), np.zeros((8, 8), np.uint8)[:, ::2]):
        with pytest.raises(ValueError, match="Luma"):
            zoeklicht_native.pdq(luma, False)  # noqa: FBT003 -- its only way
    # Any: what the type checker would not let through.
    others: tuple[Any, ...] = (np.zeros((4, 4), np.float32), "luma")
    for other in others:
        with pytest.raises((TypeError, BufferError)):
            zoeklicht_native.pdq(other, False)  # noqa: FBT003 -- its only way


def test_other_threads_run_while_the_native_core_hashes() -> None:
    luma = np.random.default_rng(7).integers(0, 256, (4000, 4000), dtype=np.uint8)
    running = threading.Event()

    def hash_often() -> None:
        running.set()
        for _ in range(40):
            pdq(luma, dihedral=True, native=True)

    hasher = threading.Thread(target=hash_often)
    switching = sys.getswitchinterval()
    # Threads that hold the lock are not asked for it within this test's time.
    sys.setswitchinterval(100)
    try:
        hasher.start()
        running.wait()
        turns = 0
        while hasher.is_alive():
            time.sleep(0.001)
            turns += 1
    finally:
        sys.setswitchinterval(switching)
    assert turns >= 5


@given(length=st.integers(1, 20_000), mirrored=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_sample_is_an_average_so_its_weights_sum_to_one(length: int, *, mirrored: bool) -> None:
    slabs = band(length, mirrored=mirrored)
    assert [slab.first for slab in slabs] == [0, *(slab.last for slab in slabs[:-1])]
    for slab in slabs:
        assert 0 <= slab.begin < slab.end <= length
        np.testing.assert_allclose(slab.weights.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", [(4, 500), (500, 4), (1, 1)])
def test_a_strip_too_thin_to_hash_has_zeros_and_quality_zero(shape: tuple[int, int]) -> None:
    for native in BOTH:
        ours = pdq(np.full(shape, 7, np.uint8), dihedral=True, native=native)
        assert ours == ("0" * 64, 0, ("0" * 64,) * 7)


def test_a_very_wide_picture_is_hashed_like_any_other() -> None:
    narrow = np.random.default_rng(3).integers(0, 256, (40, 64), dtype=np.uint8)
    wide = np.repeat(narrow, 1100, axis=1)
    references = tuple(reference_pdq(TURNS[name](wide))[0] for name in DIHEDRAL)
    for native in BOTH:
        ours = pdq(wide, dihedral=True, native=native)
        assert (ours.bits, ours.quality) == reference_pdq(wide)
        assert ours.dihedral == references


def test_a_hash_does_not_show_in_a_traceback() -> None:
    ours = pdq(np.random.default_rng(3).integers(0, 256, (64, 64), dtype=np.uint8), dihedral=True)
    assert ours.bits not in repr(ours)
