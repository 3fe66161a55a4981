"""PDQ against its reference implementation, on real photographs and on arrays that nobody photographed."""

from pathlib import Path

import numpy as np
import pytest
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


@pytest.fixture(params=photographs(), ids=lambda path: path.stem)
def photograph(request: pytest.FixtureRequest) -> Image.Image:
    path: Path = request.param
    with Image.open(path) as opened:
        return opened.convert("RGB")


def test_every_bit_and_the_quality_are_those_of_the_reference(photograph: Image.Image) -> None:
    for longest in SIZES:
        luma = luma_of(photograph, longest=longest)
        ours = pdq(luma, dihedral=False)
        assert (ours.bits, ours.quality) == reference_pdq(luma)


def test_each_turn_and_flip_is_what_the_reference_says_of_the_turned_picture(photograph: Image.Image) -> None:
    for longest in (800, 321, 150):
        luma = luma_of(photograph, longest=longest)
        ours = pdq(luma, dihedral=True).dihedral
        assert ours == tuple(reference_pdq(TURNS[name](luma))[0] for name in DIHEDRAL)


def test_colour_and_luma_differ_by_four_bits_at_most(photograph: Image.Image) -> None:
    colour = reference_pdq(np.asarray(photograph))[0]
    assert distance(colour, pdq(luma_of(photograph), dihedral=False).bits) <= 4


def test_the_picture_as_it_is_does_not_change_when_turns_are_asked_for(photograph: Image.Image) -> None:
    luma = luma_of(photograph, longest=500)
    alone, turned = pdq(luma, dihedral=False), pdq(luma, dihedral=True)
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
    ours = pdq(luma, dihedral=True)
    bits, quality = reference_pdq(luma)
    assert distance(ours.bits, bits) <= 2
    assert abs(ours.quality - quality) <= 1
    for name, turned in zip(DIHEDRAL, ours.dihedral, strict=True):
        assert distance(turned, reference_pdq(TURNS[name](luma))[0]) <= 2


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
    ours = pdq(np.full(shape, 7, np.uint8), dihedral=True)
    assert ours == ("0" * 64, 0, ("0" * 64,) * 7)


def test_a_very_wide_picture_is_hashed_like_any_other() -> None:
    narrow = np.random.default_rng(3).integers(0, 256, (40, 64), dtype=np.uint8)
    wide = np.repeat(narrow, 1100, axis=1)
    ours = pdq(wide, dihedral=True)
    assert (ours.bits, ours.quality) == reference_pdq(wide)
    assert ours.dihedral == tuple(reference_pdq(TURNS[name](wide))[0] for name in DIHEDRAL)


def test_a_hash_does_not_show_in_a_traceback() -> None:
    ours = pdq(np.random.default_rng(3).integers(0, 256, (64, 64), dtype=np.uint8), dihedral=True)
    assert ours.bits not in repr(ours)
