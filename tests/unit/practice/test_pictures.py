import io
from itertools import combinations

import pytest
from PIL import Image

from crawler.hashing import Limits, hash_picture
from zoeklicht.practice.pictures import MEDIA_TYPES, Form, Motif, encode, motif, paint, shrunk

LIMITS = Limits(max_pixels=50_000_000, dihedral=False)


def test_the_same_motif_is_painted_alike_every_time() -> None:
    for number in range(5):
        what = motif(1, number)
        assert encode(paint(what), what.form) == encode(paint(motif(1, number)), what.form)


def test_another_seed_shows_something_else() -> None:
    assert encode(paint(motif(1, 0)), "png") != encode(paint(motif(2, 0)), "png")


def test_pictures_are_detailed_enough_to_match_on_and_far_from_each_other() -> None:
    looks = []
    for number in range(120):
        what = motif(3, number)._replace(width=400, height=300)
        seen = hash_picture(encode(paint(what), what.form), LIMITS).looks
        assert seen is not None
        looks.append(seen)
    assert min(each.pdq_quality for each in looks) >= 50
    apart = [(int(one.pdq, 16) ^ int(other.pdq, 16)).bit_count() for one, other in combinations(looks, 2)]
    assert min(apart) >= 80


def test_sizes_and_formats_are_mixed() -> None:
    motifs = [motif(1, number) for number in range(200)]
    assert {(400, 300), (1600, 1200), (300, 400)} <= {(each.width, each.height) for each in motifs}
    assert {each.form for each in motifs} == set(MEDIA_TYPES)
    assert sum(each.form == "jpeg" for each in motifs) > 120


@pytest.mark.parametrize("form", sorted(MEDIA_TYPES))
def test_each_format_is_what_it_says(form: Form) -> None:
    data = encode(paint(Motif(1, 1, 320, 240, form)), form)
    with Image.open(io.BytesIO(data)) as image:
        assert image.get_format_mimetype() == MEDIA_TYPES[form]
        assert image.size == (320, 240)


def test_a_shrunk_picture_keeps_its_shape_and_is_never_enlarged() -> None:
    image = Image.new("RGB", (800, 600))
    assert shrunk(image, 240).size == (240, 180)
    assert shrunk(image, 1000).size == (800, 600)
