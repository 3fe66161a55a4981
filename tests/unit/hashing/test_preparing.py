"""What lists' programs do to a picture before PDQ, done to crawled ones."""

import msgspec
import numpy as np
import pytest
from PIL import Image

from crawler.contract.records import DIHEDRAL, Looks, Preparation
from crawler.hashing import HashingPool, HashingTable, Limits, hash_picture
from crawler.hashing.preparing import pdq_prepared, prepared
from tests.hostile_pictures import scene
from tests.photographs import encoded, photographs
from tests.unit.hashing.reference import TURNS, distance, luma_of, reference_pdq

BOTH: tuple[Preparation, ...] = ("reduced_512", "squeezed_512")
LIMITS = Limits(max_pixels=50_000_000, dihedral=True, preparations=BOTH)


def looks_of(data: bytes, limits: Limits = LIMITS) -> Looks:
    hashed = hash_picture(data, limits)
    assert hashed.looks is not None, hashed.undecoded
    return hashed.looks


def test_a_reduced_picture_is_pillows_thumbnail() -> None:
    for path in photographs():
        with Image.open(path) as opened:
            grey = opened.convert("L")
        smaller = prepared(np.asarray(grey), "reduced_512")
        grey.thumbnail((512, 512))
        if smaller is not None:
            np.testing.assert_array_equal(smaller, np.asarray(grey))
            assert max(smaller.shape) == 512


def test_a_squeezed_picture_has_512_of_its_pixels_a_side_as_the_reference_program_takes_them() -> None:
    random = np.random.default_rng(1)
    for height, width in ((700, 1900), (513, 40), (40, 513), (1024, 2048)):
        luma = random.integers(0, 256, (height, width), dtype=np.uint8)
        smaller = prepared(luma, "squeezed_512")
        assert smaller is not None
        assert smaller.shape == (512, 512)
        for y, x in random.integers(0, 512, (50, 2)).tolist():
            # CImg counts up from 0 by the whole part of (x + 1) * width / 512.
            assert smaller[y, x] == luma[int(y * height / 512), int(x * width / 512)]


@pytest.mark.parametrize("how", BOTH)
def test_a_picture_of_512_pixels_or_less_is_left_as_it_is_and_not_hashed_twice(how: Preparation) -> None:
    assert prepared(np.zeros((512, 512), np.uint8), how) is None
    assert looks_of(encoded(scene(512, 300), "PNG")).prepared == ()
    assert len(looks_of(encoded(scene(513, 300), "PNG")).prepared) == 2


def test_each_preparation_has_the_bits_that_the_reference_gives_to_the_prepared_picture() -> None:
    for path in photographs()[::3]:
        looks = looks_of(path.read_bytes())
        with Image.open(path) as opened:
            luma = luma_of(opened.convert("RGB"))
        for each in looks.prepared:
            smaller = prepared(luma, each.how)
            assert smaller is not None
            bits, quality = reference_pdq(smaller)
            # By way of colour, Pillow's luma is a few units off the one that JPEG holds.
            assert distance(each.pdq, bits) <= 4
            assert abs(each.pdq_quality - quality) <= 1


@pytest.mark.parametrize(("how", "within"), [("reduced_512", 4), ("squeezed_512", 0)])
def test_each_turn_is_what_the_reference_gives_to_the_picture_turned_and_then_prepared(
    how: Preparation, within: int
) -> None:
    # Pillow's thumbnail of a turned picture is its turned thumbnail but for rounding.
    for path in photographs()[::4]:
        with Image.open(path) as opened:
            luma = luma_of(opened.convert("L"), longest=1301)
        ours = pdq_prepared(luma, how, dihedral=True)
        if ours is None:
            continue
        for name, bits in zip(DIHEDRAL, ours.dihedral, strict=True):
            turned = prepared(np.ascontiguousarray(TURNS[name](luma)), how)
            assert turned is not None
            assert distance(bits, reference_pdq(turned)[0]) <= within, f"{path.stem} {name}"


def test_preparations_are_turned_only_when_pictures_are() -> None:
    limits = Limits(max_pixels=50_000_000, dihedral=False, preparations=("squeezed_512",))
    (only,) = looks_of(encoded(scene(800, 600), "JPEG"), limits).prepared
    assert (only.how, only.pdq_dihedral) == ("squeezed_512", ())


def test_hashing_processes_prepare_what_the_configuration_names() -> None:
    table = msgspec.convert({"workers": 1, "preparations": ["squeezed_512", "reduced_512"]}, HashingTable)
    pool = HashingPool(table)
    try:
        hashed = pool.submit(encoded(scene(800, 600), "JPEG")).result()
    finally:
        pool.close()
    assert hashed.looks is not None
    assert tuple(each.how for each in hashed.looks.prepared) == ("squeezed_512", "reduced_512")


@pytest.mark.parametrize("wrong", [["full"], ["reduced_256"], ["reduced_512"] * 3, "reduced_512"])
def test_a_preparation_that_nobody_knows_is_refused(wrong: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"preparations": wrong}, HashingTable)


def test_a_preparation_named_twice_is_made_once() -> None:
    table = msgspec.convert({"preparations": ["reduced_512", "reduced_512"]}, HashingTable)
    assert table.limits.preparations == ("reduced_512",)
