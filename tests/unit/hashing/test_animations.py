"""Animations: which frames are looked at, that none hides, and that none costs the first."""

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.hashing import Hashed, Limits, hash_picture
from crawler.hashing.animations import sampled
from tests.hostile_pictures import HOSTILE, scene
from tests.photographs import encoded
from tests.unit.hashing.reference import distance

LIMITS = Limits(max_pixels=50_000_000, dihedral=False)
FORMS = ("GIF", "PNG", "WEBP", "AVIF")
FRAMES = [scene(96, 72).rotate(31 * number) for number in range(12)]


def moving(form: str, frames: list[Image.Image], **options: object) -> bytes:
    return encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100, **options)


def shown(hashed: Hashed) -> list[int]:
    assert hashed.looks is not None, hashed.undecoded
    return [hashed.looks.frame, *(looks.frame for looks in hashed.frames)]


@pytest.mark.parametrize("form", FORMS)
def test_frames_are_sampled_evenly_and_look_like_the_same_picture_standing_still(form: str) -> None:
    hashed = hash_picture(moving(form, FRAMES), LIMITS)
    assert shown(hashed) == [0, 2, 3, 5, 6, 8, 9, 11]
    assert (hashed.frames_missed, hashed.missed_for) == (0, None)
    for looks in hashed.frames:
        still = hash_picture(encoded(FRAMES[looks.frame], "PNG"), LIMITS).looks
        assert still is not None
        assert distance(looks.pdq, still.pdq) <= 31, looks.frame  # GIF has few colours
        assert (looks.width, looks.height) == (96, 72)


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_hidden_in_the_last_frame_is_seen(form: str) -> None:
    hashed = hash_picture(moving(form, [Image.new("RGB", (96, 72), "white")] * 9 + [FRAMES[5]]), LIMITS)
    still = hash_picture(encoded(FRAMES[5], "PNG"), LIMITS).looks
    assert still is not None
    assert min(distance(looks.pdq, still.pdq) for looks in hashed.frames) <= 16


@pytest.mark.parametrize("form", FORMS)
def test_the_first_frame_looks_as_if_it_stood_alone(form: str) -> None:
    alone = hash_picture(moving(form, FRAMES), Limits(max_pixels=50_000_000, dihedral=False, frames=1))
    assert alone.frames == ()
    assert hash_picture(moving(form, FRAMES), LIMITS).looks == alone.looks


def test_frames_that_look_exactly_like_one_before_are_told_once() -> None:
    # As APNG, since that encoder keeps frames that are equal, if they last differently long.
    data = encoded(
        FRAMES[0], "PNG", save_all=True, append_images=[FRAMES[1], FRAMES[0], FRAMES[1]], duration=[1, 2, 3, 4]
    )
    assert shown(hash_picture(data, LIMITS)) == [0, 1]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
def test_a_still_picture_has_one_frame(form: str) -> None:
    hashed = hash_picture(encoded(FRAMES[0], form), LIMITS)
    assert (shown(hashed), hashed.frames_missed) == ([0], 0)


def test_the_plain_picture_before_an_animated_png_is_a_frame_too() -> None:
    data = encoded(
        FRAMES[0], "PNG", save_all=True, append_images=[FRAMES[1], FRAMES[2]], duration=100, default_image=True
    )
    assert shown(hash_picture(data, LIMITS)) == [0, 1, 2]


@pytest.mark.parametrize("form", ["GIF", "PNG"])
def test_what_is_missing_of_an_animation_is_told_and_costs_nothing_that_came(form: str) -> None:
    whole = moving(form, FRAMES)
    hashed = hash_picture(whole[: len(whole) // 2], LIMITS)
    assert len(shown(hashed)) >= 4
    assert (hashed.frames_missed, hashed.missed_for) == (1, Reason.TRUNCATED)


def test_when_time_is_up_the_frames_so_far_stand_and_the_rest_are_told() -> None:
    seconds: Iterator[float] = iter([0.0] * 4 + [100.0] * 100)
    hashed = hash_picture(moving("GIF", FRAMES), LIMITS, clock=lambda: next(seconds))
    assert shown(hashed) == [0, 2, 3]
    assert (hashed.frames_missed, hashed.missed_for) == (5, Reason.DECODE_TIMEOUT)


def test_a_frame_that_grows_beyond_the_pixel_cap_is_told_and_not_looked_at() -> None:
    data = bytearray(moving("GIF", FRAMES[:3]))
    control = b"\x21\xf9\x04"  # before each frame's own header
    second = data.index(control, data.index(control) + 1) + 8
    data[second + 5 : second + 9] = struct.pack("<HH", 9000, 9000)
    hashed = hash_picture(bytes(data), LIMITS)
    assert shown(hashed) == [0]
    assert hashed.missed_for is Reason.TOO_MANY_PIXELS


def test_an_animation_that_announces_a_billion_frames_is_not_believed() -> None:
    whole = moving("PNG", FRAMES[:3])
    at = whole.index(b"acTL")
    chunk = b"acTL" + struct.pack(">II", 2**31 - 1, 0)
    lying = whole[:at] + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[at + 16 :]
    assert shown(hash_picture(lying, LIMITS)) == [0, 1, 2]


@pytest.mark.parametrize("name", ["a GIF of 10,000 frames", "a WebP of 10,000 frames"])
def test_a_very_long_animation_is_sampled_to_its_end(name: str) -> None:
    assert shown(hash_picture(HOSTILE[name].make(), LIMITS))[-1] == 9999


@given(count=st.integers(1, 30_000), most=st.integers(2, 100))
def test_the_sample_is_even_and_has_both_ends(count: int, most: int) -> None:
    found = sampled(count, most)
    assert found[0] == 0
    assert found[-1] == count - 1
    assert len(found) == min(count, most) == len(set(found))
    steps = [later - earlier for earlier, later in pairwise(found)]
    assert not steps or max(steps) - min(steps) <= 1


SEEDS = tuple(moving(form, FRAMES[:4]) for form in FORMS)


@given(
    data=st.sampled_from(SEEDS),
    cut=st.floats(0.2, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
)
@settings(max_examples=200, deadline=None)
def test_a_damaged_animation_is_hashed_as_far_as_it_goes(
    data: bytes, cut: float, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[int(at * len(damaged))] = value
    hashed = hash_picture(bytes(damaged[: int(cut * len(damaged))]), Limits(max_pixels=1_000_000, dihedral=False))
    assert (hashed.looks is None) != (hashed.undecoded is None)
    assert (hashed.frames_missed > 0) == (hashed.missed_for is not None)
    assert len(hashed.frames) + hashed.frames_missed < 8
