"""Bytes in, hashes out: what each kind of picture, damage and disguise leads to."""

import hashlib
import io
import warnings

import imagehash
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from crawler.contract.reasons import Reason
from crawler.contract.records import Looks
from crawler.hashing import Hashed, Limits, hash_picture
from tests.hostile_pictures import png, scene
from tests.photographs import encoded, photographs, variants
from tests.unit.hashing.reference import distance, luma_of, reference_pdq

LIMITS = Limits(max_pixels=50_000_000, dihedral=True)
PLAIN = Limits(max_pixels=50_000_000, dihedral=False)


def looks_of(data: bytes, limits: Limits = PLAIN) -> Looks:
    hashed = hash_picture(data, limits)
    assert hashed.looks is not None, hashed.undecoded
    return hashed.looks


def test_the_hashes_of_a_photograph_on_disk_are_those_of_the_public_implementations() -> None:
    for path in photographs():
        hashed = hash_picture(path.read_bytes(), LIMITS)
        with Image.open(path) as opened:
            colour = opened.convert("RGB")
        assert hashed.digests.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert hashed.looks is not None
        bits, quality = reference_pdq(np.asarray(colour))
        assert (hashed.looks.width, hashed.looks.height, hashed.looks.frame) == (*colour.size, 0)
        assert distance(hashed.looks.pdq, bits) <= 4
        assert abs(hashed.looks.pdq_quality - quality) <= 1
        assert len(hashed.looks.pdq_dihedral) == 7
        # From the whole picture, where ours are from a reduced copy.
        assert distance(hashed.looks.phash, str(imagehash.phash(colour))) <= 4
        assert distance(hashed.looks.dhash, str(imagehash.dhash(colour))) <= 4


def test_a_photograph_is_recognised_in_whatever_it_was_turned_into() -> None:
    for path in photographs()[-12:]:
        with Image.open(path) as opened:
            colour = opened.convert("RGB")
        colour.thumbnail((1200, 1200))
        original = looks_of(encoded(colour, "JPEG", quality=90))
        for name, data in variants(colour).items():
            seen = looks_of(data, LIMITS)
            nearest = min(distance(original.pdq, each) for each in (seen.pdq, *seen.pdq_dihedral))
            # A thumbnail of clouds and little else: PDQ alone sees 98% of thumbnails.
            assert nearest <= 31 or distance(original.phash, seen.phash) <= 10, f"{path.stem} as {name}"
            if name == "mirrored":
                assert distance(original.pdq, seen.pdq) > 31


@pytest.fixture(scope="module")
def cat() -> Image.Image:
    (path,) = (path for path in photographs() if path.stem == "chelsea")
    with Image.open(path) as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF"])
def test_each_format_is_known_by_its_bytes_and_looks_the_same(cat: Image.Image, form: str) -> None:
    assert distance(looks_of(encoded(cat, form)).pdq, reference_pdq(np.asarray(cat))[0]) <= 10


def test_sixteen_bits_alpha_palette_and_cmyk_look_like_eight_bits_of_the_same(cat: Image.Image) -> None:
    plain = looks_of(encoded(cat, "PNG")).pdq
    see_through = cat.convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize(cat.size))
    grey = np.asarray(cat.convert("L"))
    others = {
        "16 bits": encoded(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"),
        "alpha": encoded(see_through, "PNG"),
        "alpha in WebP": encoded(see_through, "WEBP", lossless=True, exact=True, method=0),
        "grey and alpha": encoded(see_through.convert("LA"), "PNG"),
        "palette": encoded(cat.quantize(256), "PNG"),
        "palette, one colour clear": encoded(cat.quantize(256), "PNG", transparency=3),
        "palette with alpha": encoded(see_through.quantize(256, method=Image.Quantize.FASTOCTREE), "PNG"),
        "CMYK": encoded(cat.convert("CMYK"), "JPEG", quality=95),
        "grey": encoded(cat.convert("L"), "JPEG", quality=95),
        "RGB kept in JPEG": encoded(cat, "JPEG", quality=95, keep_rgb=True),
    }
    assert {name: distance(looks_of(data).pdq, plain) <= 10 for name, data in others.items()} == dict.fromkeys(
        others, True
    )


def test_sixteen_bits_are_scaled_not_cut_off() -> None:
    ramp = np.tile(np.linspace(0, 65535, 512).astype(np.uint16), (512, 1))
    small = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (512, 1))
    sixteen, eight = (looks_of(encoded(Image.fromarray(each), "PNG")) for each in (ramp, small))
    assert (sixteen.dhash, sixteen.pdq_quality) == (eight.dhash, eight.pdq_quality)


def test_a_picture_drawn_in_its_alpha_alone_is_seen() -> None:
    ink = Image.new("RGBA", (640, 480), "black")
    ink.putalpha(scene(640, 480).convert("L").point(lambda level: 255 - level))
    drawn = looks_of(encoded(ink, "PNG"))
    assert distance(drawn.pdq, looks_of(encoded(scene(640, 480), "PNG")).pdq) <= 4


def test_orientation_in_exif_changes_nothing() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    picture = scene(640, 480)
    turned, plain = encoded(picture, "JPEG", exif=exif), encoded(picture, "JPEG")
    assert turned != plain
    assert looks_of(turned) == looks_of(plain)


def test_an_animation_looks_like_its_first_frame(cat: Image.Image) -> None:
    black = Image.new("RGB", cat.size)
    for form in ("GIF", "WEBP", "AVIF"):
        moving = encoded(cat, form, save_all=True, append_images=[black], duration=100)
        assert distance(looks_of(moving).pdq, looks_of(encoded(cat, "PNG")).pdq) <= 10, form


def test_the_pixel_cap_is_kept_to_the_pixel_and_read_from_the_header() -> None:
    data = encoded(scene(100, 50), "PNG")
    assert hash_picture(data, Limits(max_pixels=5000, dihedral=False)).looks is not None
    assert hash_picture(data, Limits(max_pixels=4999, dihedral=False)).undecoded is Reason.TOO_MANY_PIXELS


def test_a_picture_that_is_not_decoded_still_has_its_digests() -> None:
    for data in (b"", b"nothing", encoded(scene(64, 64), "JPEG")[:300]):
        hashed = hash_picture(data, LIMITS)
        assert hashed.looks is None
        assert hashed.digests.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert hashed.digests.sha1 == hashlib.sha1(data, usedforsecurity=False).hexdigest()
        assert hashed.digests.sha256 == hashlib.sha256(data).hexdigest()


def test_a_faulty_comment_does_not_hide_the_picture_behind_it() -> None:
    whole = encoded(scene(640, 480), "PNG")
    broken_checksum = whole[:33] + b"\0\0\0\x04tEXtabcd\0\0\0\0" + whole[33:]
    assert looks_of(broken_checksum) == looks_of(whole)


def test_every_annotation_of_a_jpeg_can_go_and_the_picture_stays() -> None:
    picture = scene(640, 480)
    exif = Image.Exif()
    exif[0x10E] = "a description"
    rich = encoded(picture, "JPEG", exif=exif, comment=b"said", icc_profile=b"no profile", progressive=True)
    assert looks_of(rich) == looks_of(encoded(picture, "JPEG", progressive=True))


def test_a_picture_that_lacks_no_more_than_its_end_marker_is_hashed(cat: Image.Image) -> None:
    whole = encoded(cat, "JPEG")
    assert looks_of(whole[:-2]) == looks_of(whole)
    assert hash_picture(whole[:-200], PLAIN).undecoded is Reason.TRUNCATED


def test_pillow_warns_nobody() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        palette = scene(64, 64).quantize(16)
        hash_picture(encoded(palette, "PNG", transparency=bytes(range(16))), LIMITS)
        huge = png(10_000, 10_000, depth=1, colour=0, row=bytes(1251), rows=10_000)
        assert hash_picture(huge, LIMITS).undecoded is Reason.TOO_MANY_PIXELS
    assert heard == []


def _is_whole(hashed: Hashed) -> bool:
    return (hashed.looks is None) != (hashed.undecoded is None)


@given(data=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_answered_with_a_reason(data: bytes) -> None:
    assert _is_whole(hash_picture(data, PLAIN))


SEEDS = tuple(encoded(scene(48, 32), form) for form in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"))


@given(
    data=st.sampled_from(SEEDS),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
)
@example(data=SEEDS[0], cut=1.0, changes=[])
@settings(max_examples=300, deadline=None)
def test_damaged_pictures_are_hashed_or_answered_with_a_reason(
    data: bytes, cut: float, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[int(at * len(damaged))] = value
    damaged = damaged[: int(cut * len(damaged))]
    assert _is_whole(hash_picture(bytes(damaged), Limits(max_pixels=1_000_000, dihedral=False)))


def test_neither_hashes_nor_digests_show_in_a_traceback() -> None:
    hashed = hash_picture(encoded(scene(64, 64), "PNG"), LIMITS)
    assert hashed.looks is not None
    assert hashed.digests.sha256 not in repr(hashed)
    assert hashed.looks.pdq not in repr(hashed)
    assert luma_of(Image.open(io.BytesIO(SEEDS[1]))).shape == (32, 48)
